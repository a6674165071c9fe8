import { systemClock } from '../../../src/base/clock.ts'
import type { RunDaemonComponents } from '../../../src/daemon/daemon-parts.ts'
import { openKeys } from '../../../src/keys/open-keys.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('replaces keys by better ones before the device has an identity, and never after', async () => {
  await using running = await runningDirectory()
  using folder = temporaryFolder()
  const asked: boolean[] = []
  const open: RunDaemonComponents['openKeys'] = (_, options) => {
    asked.push(options.unbound)
    return openKeys({ clock: systemClock }, { stateFolder: folder.path, want: 'software', tpm: {} }, options)
  }
  for (let run = 0; run < 2; run++) {
    const enrolment = await running.token()
    await using daemon = runningDaemon({ stateFolder: folder.path, enrolment, components: { openKeys: open } })
    await daemon.until('keys')
    await daemon.untilStatus(({ directory, enrolment }) => directory.connected || enrolment === 'pending')
  }
  expect([asked[0], new Set(asked.slice(1))]).toEqual([true, new Set([false])])
})
