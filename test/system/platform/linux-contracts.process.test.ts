import { silentLog } from '../../../src/base/log.ts'
import { linuxPlatform } from '../../../src/system/platform/linux.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { MOUNTS_CHECKS } from '../../contracts/mounts.checks.ts'
import { READER_START_CHECKS } from '../../contracts/reader-start.checks.ts'
import { USERS_CHECKS } from '../../contracts/users.checks.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { OWN_ID } from '../../support/homes/local-user.ts'

/** The contracts that Windows keeps under Wine, on this machine. */
const onLinux = process.platform === 'linux' ? describe : describe.skip

onLinux('the platform of Linux keeps its contracts', () => {
  const { users, mounts } = linuxPlatform({ log: silentLog, clock: new FakeClock() }, {})
  test.each(USERS_CHECKS)('users: $name', ({ run }) => run({ users, knownId: '0' }))
  test.each(MOUNTS_CHECKS)('mounts: $name', ({ run }) => run({ mounts, localFolder: '/etc', foreign: foreignOf() }))
  test.each(READER_START_CHECKS)('the start of a reader: $name', ({ run }) =>
    run({ start: (init) => startProgram(init), node: process.execPath, ownUserId: OWN_ID }),
  )

  function foreignOf() {
    const [found] = [...mounts.hanging()]
    return found === undefined ? undefined : { mountPoint: found[0], type: found[1] }
  }
})
