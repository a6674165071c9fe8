import { silentLog } from '../../../src/base/log.ts'
import { type DarwinAddon, darwinPlatform } from '../../../src/system/platform/darwin.ts'
import { fixture } from '../../posture/darwin/mac.ts'
import { fakeCommands } from '../../posture/fake-commands.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { mirroredDarwinAddon } from '../../support/platforms/darwin/mirrored-addon.ts'

const components = { log: silentLog, clock: new FakeClock() }
const addon = mirroredDarwinAddon()
const commands = fakeCommands({ dscl: { stdout: fixture('dscl-users.plist') } })

test('every part of macOS is there', async () => {
  const platform = darwinPlatform(components, { addon, commands })
  const { name, ownPid, processes, processDetails, mounts, users, peers, openFreezer, service } = platform
  expect([name, ownPid, peers.areKnown]).toEqual(['darwin', process.pid, true])
  expect((await processes.scan({})).some(({ pid }) => pid === ownPid)).toBe(true)
  expect(processDetails?.logins()).toHaveLength(1)
  expect(mounts.local()?.onWayTo('/Users/ann')).toBeUndefined()
  expect((await users.list(() => true)).map((user) => user.name)).toContain('ann')
  expect(openFreezer?.('name').method).toBe('suspend')
  service?.ready()
  expect(addon.announced).toEqual(['surety.suretyd.ready'])
})

test.each<[string, Parameters<typeof fakeCommands>[0], string]>([
  ['is missing', {}, 'COMMAND_ABSENT'],
  ['fails', { dscl: { exitCode: 181, stderr: 'Operation failed with error: eServerNotRunning\n' } }, 'FILE_UNREADABLE'],
  ['answers nothing', { dscl: {} }, 'FILE_UNREADABLE'],
])('users are not known when dscl %s', async (_, answers, code) => {
  const platform = darwinPlatform(components, { addon, commands: fakeCommands(answers) })
  expect(await codeThrown(() => platform.users.list(() => true))).toBe(code)
})

test('an addon that lists nothing is said, by scans and by events', async () => {
  const silent: DarwinAddon = { ...addon, listPids: () => 0 }
  const platform = darwinPlatform(components, { addon: silent, commands })
  expect(codeOfCall(() => platform.processEvents?.watch(['exec'], () => undefined))).toBe('FILE_UNREADABLE')
  expect(await codeThrown(() => platform.processes.scan({}))).toBe('FILE_UNREADABLE')
})

test('without its addon nothing of macOS is known', () => {
  expect(codeOfCall(() => darwinPlatform(components, { commands }))).toBe('ADDON_UNAVAILABLE')
})
