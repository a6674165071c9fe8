import { systemdFiles, windowsServiceFiles } from '../../../src/system/platform/service-files.ts'

test.each([
  ['the unit of the daemon', '0::/system.slice/suretyd.service\n', true],
  ['the unit beside groups of version 1', '3:cpu:/x\n0::/system.slice/suretyd.service\n', true],
  ['a session of a developer', '0::/user.slice/user-1000.slice/session-1.scope\n', false],
  ['a unit of another name', '0::/system.slice/not-suretyd.service\n', false],
  ['a group below the unit', '0::/system.slice/suretyd.service/agents\n', false],
  ['nothing', '', false],
])('started as %s', (_, cgroup, isUnit) => {
  const files = systemdFiles(cgroup)
  expect(files !== undefined).toBe(isUnit)
  if (isUnit) expect(files?.local).toContain('/etc/systemd/system/suretyd.service.d')
})

test('returns what the service of Windows starts, as whom and when, also where absent', () => {
  const values: Readonly<Record<string, string>> = {
    ImagePath: '"C:\\Surety\\surety-service.exe"',
    ObjectName: 'LocalSystem',
  }
  const registry = { text: (_: string, name: string) => values[name], number: () => undefined }
  const { facts } = windowsServiceFiles(registry)
  expect(Object.values(facts?.() ?? {})).toEqual(['"C:\\Surety\\surety-service.exe"', 'LocalSystem', ''])
})
