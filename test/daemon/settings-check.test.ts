import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadDaemonConfig } from '../../src/config/daemon.ts'
import type { ManagedPlace } from '../../src/config/managed-sources.ts'
import { settingsCheck } from '../../src/daemon/settings-check.ts'
import { windowsRegistry } from '../../src/system/facts/registry.ts'
import { NO_WINDOWS, recordedWindows } from '../support/platforms/recorded-windows.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A daemon whose settings lie in files that change under it. */

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
let count = 0

function watched(managed?: ManagedPlace) {
  const root = join(folder.path, String(count++))
  const policies = join(root, 'managed.d')
  mkdirSync(policies, { recursive: true })
  const file = join(policies, '10.json')
  const write = (content: unknown) =>
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
  write({ log: { level: 'warn' } })
  const read = () =>
    loadDaemonConfig({
      ...{ environment: {}, policyFolder: policies, policyOwners: [String(process.geteuid?.() ?? 0)] },
      ...(managed === undefined ? {} : { managed }),
    }).entries
  const warnings = new Map<string, string>()
  const logged: unknown[] = []
  const check = settingsCheck(
    {
      health: { raise: (code, detail = '') => warnings.set(code, detail), clear: (code) => warnings.delete(code) },
      log: { warn: (_, facts) => logged.push(facts) },
      read,
    },
    read(),
  )
  const now = () => {
    check()
    return Object.fromEntries(warnings)
  }
  return { now, write, file, logged }
}

test('warns of what changed, once in the log, and is quiet when it is as before', () => {
  const { now, write, logged } = watched()
  expect(now()).toEqual({})
  write({ log: { level: 'debug' }, support: { owner: 'IT' } })
  expect(now()).toEqual({ SETTINGS_CHANGED: 'Changed: log.level, support.owner.' })
  now()
  expect(logged).toHaveLength(1)
  write({ log: { level: 'warn' } })
  expect(now()).toEqual({})
  write({ log: { level: 'debug' } })
  now()
  expect(logged).toHaveLength(2)
})

test('is quiet where the same value comes from another place', () => {
  const { now, write, file } = watched()
  rmSync(file)
  write({ log: { level: 'warn' } })
  expect(now()).toEqual({})
})

test.each<[string, unknown, RegExp]>([
  ['a wrong value', { log: { level: 'loud' } }, /10\.json: log\.level: expected one of error, warn, info, debug\.$/],
  ['another setting', { log: { levle: 'info' } }, /"log\.levle" is not a setting\.$/],
  ['half a file', '{"log":{"lev', /expected one JSON object/],
])('warns of %s before a restart would end the daemon', (_, content, words) => {
  const { now, write } = watched()
  write(content)
  expect(now()).toEqual({ SETTINGS_REFUSED: expect.stringMatching(words) })
  expect(JSON.stringify(now())).not.toContain('loud')
  write({ log: { level: 'debug' } })
  expect(now()).toEqual({ SETTINGS_CHANGED: 'Changed: log.level.' })
  write(content)
  expect(now()).toEqual({ SETTINGS_REFUSED: expect.any(String) })
})

test('warns of a policy that others may write', () => {
  const { now, file } = watched()
  chmodSync(file, 0o666)
  expect(now()).toEqual({ SETTINGS_REFUSED: expect.stringContaining('writable by other users') })
})

test('names four of many, and says how many there are', () => {
  const { now, write } = watched()
  write({
    log: { level: 'debug', format: 'json', maxFiles: 7, maxBytes: 65_536 },
    support: { owner: 'a', contact: 'b' },
  })
  expect(now()).toEqual({
    SETTINGS_CHANGED: 'Changed: log.level, log.format, log.maxBytes, log.maxFiles and 2 more.',
  })
})

test('sees a value that Group Policy set', () => {
  const key = 'HKLM\\SOFTWARE\\Policies\\Surety'
  const values: Record<string, string> = {}
  const registry = windowsRegistry(recordedWindows({ ...NO_WINDOWS, registry: { [key]: values } }))
  const { now } = watched({ registry, key })
  expect(now()).toEqual({})
  values['support.contact'] = 'helpdesk'
  expect(now()).toEqual({ SETTINGS_CHANGED: 'Changed: support.contact.' })
})

test('does not hide a mistake of ours', () => {
  const health = { raise: () => undefined, clear: () => undefined }
  const fail = () => {
    throw new TypeError('a bug')
  }
  expect(settingsCheck({ health, log: { warn: () => undefined }, read: fail }, [])).toThrow(TypeError)
})
