import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onWindows, type RegistryValues, type Windows } from '../support/windows/windows.ts'

/**
 * Settings from the real registry of Wine, through the addon. `managed-sources.test.ts` has what is decided of them. Wine has one user, who
 * is no administrator: a folder `managed.d` of its own is refused here.
 */

const PROBE = join(import.meta.dirname, 'managed-probe.ts')
const KEY = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Surety'
const PLACE = 'HKLM\\SOFTWARE\\Policies\\Surety'

async function read(windows: Windows): Promise<unknown> {
  const { stdout, stderr } = await windows.run(PROBE)
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

onWindows('settings in the registry win over files, and wrong ones are refused', async (windows) => {
  const data = join(windows.driveC, 'ProgramData/Surety')
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'suretyd.json'), '{"log":{"level":"warn","format":"json"}}', { mode: 0o600 })
  const file = { origin: 'file', place: 'C:\\ProgramData\\Surety\\suretyd.json' }
  const format = { key: 'log.format', value: 'json', ...file }
  expect(await read(windows)).toEqual([{ key: 'log.level', value: 'warn', ...file }, format])

  await windows.writeRegistry({
    [KEY]: {
      ...{ 'log.level': 'debug', 'log.maxFiles': 7, 'support.owner': 'Zoë ☃' },
      'posture.skip': { texts: ['os.supported', 'tpm.present'] },
      'spool.maxBytes': { type: 11, bytes: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0) },
    },
  })
  const managed = (key: string, value: string) => ({ key, value, origin: 'managed', place: `${PLACE}\\${key}` })
  expect(await read(windows)).toEqual([
    { ...managed('log.level', 'debug'), overrides: [file] },
    ...[format, managed('log.maxFiles', '7'), managed('posture.skip', '["os.supported","tpm.present"]')],
    ...[managed('support.owner', 'Zoë ☃'), managed('spool.maxBytes', '4294967296')],
  ])

  const wrong: readonly (readonly [RegistryValues[string], string])[] = [
    [{ 'log.level': 1 }, 'log.level: expected one of error, warn, info, debug, as REG_SZ, found REG_DWORD'],
    [{ 'log.level': 'info', 'log.levle': 'info' }, '"log.levle" is not a setting'],
  ]
  for (const [values, message] of wrong) {
    await windows.writeRegistry({ [KEY]: values })
    expect(await read(windows)).toEqual({ code: 'CONFIG_INVALID', message: `${PLACE}: ${message}` })
  }
  await windows.writeRegistry({ [KEY]: { 'log.levle': null }, [`${KEY}\\log`]: { level: 'info' } })
  expect(await read(windows)).toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('\\log: a key'),
  })
})
