import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onWindows, type RegistryValues } from '../support/windows/windows.ts'

/**
 * Settings from the real registry of Wine, through the addon. `managed-sources.test.ts` has what is decided of them. Wine has one user, who
 * is no administrator: a folder `managed.d` of its own is refused here.
 */

const PROBE = join(import.meta.dirname, 'managed-probe.ts')
const POLICIES = 'HKLM\\SOFTWARE\\Policies'
const PLACE = `${POLICIES}\\Surety`

/** What is refused, by the name of its key. */
const WRONG: Readonly<Record<string, readonly [values: RegistryValues[string], message: string]>> = {
  Typed: [{ 'log.level': 1 }, 'log.level: expected one of error, warn, info, debug, as REG_SZ, found REG_DWORD'],
  Named: [
    { 'log.level': 'info', 'log.levle': 'info' },
    '"log.levle" is not a setting; similar: log.level, log.file, log.maxFiles',
  ],
  Listed: [{ 'posture.skip': { texts: ['os.supported', 'os'] } }, 'posture.skip: expected a list of checks'],
  Bytes: [{ 'support.owner': { type: 3, bytes: Uint8Array.of(1) } }, 'as REG_SZ, found REG_BINARY'],
}

onWindows('settings in the registry win over files, and wrong ones are refused', async (windows) => {
  const data = join(windows.driveC, 'ProgramData/Surety')
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'suretyd.json'), '{"log":{"level":"warn","format":"json"}}', { mode: 0o600 })
  const full = (key: string) => key.replace('HKLM', 'HKEY_LOCAL_MACHINE')
  const wrong = Object.entries(WRONG).map(([name, [values]]) => [full(`${POLICIES}\\Surety ${name}`), values] as const)
  await windows.writeRegistry({
    [full(PLACE)]: {
      'log.level': 'debug',
      'log.maxFiles': 7,
      'support.owner': 'Zoë ☃',
      'posture.skip': { texts: ['os.supported', 'tpm.present'] },
      'spool.maxBytes': { type: 11, bytes: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0) },
    },
    [full(`${POLICIES}\\Surety Nested\\log`)]: { level: 'info' },
    ...Object.fromEntries(wrong),
  })
  const names = Object.keys(WRONG)
  const keys = ['Absent', 'Nested', ...names].map((name) => `${POLICIES}\\Surety ${name}`)
  const { stdout, stderr } = await windows.run(PROBE, keys)
  expect(stderr).toBe('')
  const [found, absent, nested, ...refused]: readonly unknown[] = JSON.parse(stdout)

  const file = { origin: 'file', place: 'C:\\ProgramData\\Surety\\suretyd.json' }
  const format = { key: 'log.format', value: 'json', ...file }
  const managed = (key: string, value: string) => ({ key, value, origin: 'managed', place: `${PLACE}\\${key}` })
  expect(found).toHaveLength(6)
  expect(found).toEqual(
    expect.arrayContaining([
      { ...managed('log.level', 'debug'), overrides: [file] },
      ...[format, managed('log.maxFiles', '7'), managed('posture.skip', '["os.supported","tpm.present"]')],
      ...[managed('support.owner', 'Zoë ☃'), managed('spool.maxBytes', '4294967296')],
    ]),
  )
  expect(absent).toEqual([{ key: 'log.level', value: 'warn', ...file }, format])
  const refusal = (message: string) => ({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) })
  expect(nested).toEqual(refusal('Surety Nested\\log: a key; settings are values of'))
  expect(refused).toEqual(names.map((name) => refusal(WRONG[name]?.[1] ?? '')))
})
