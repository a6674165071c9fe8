import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { directorySettings, loadDirectoryConfig } from '../../src/config/directory.ts'
import { parseFlags } from '../../src/config/flags.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const load = (init: Parameters<typeof loadDirectoryConfig>[0] = {}) =>
  loadDirectoryConfig({ environment: {}, policyFolder: '/nowhere', ...init })

test('listens for devices everywhere and for administrators on loopback by default', () => {
  expect(load().config).toMatchObject({
    data: '/var/lib/surety-directory',
    names: [],
    'devices.host': '0.0.0.0',
    'devices.channelBinding': 'required',
    'api.host': '127.0.0.1',
    trustAnchors: undefined,
    attestEveryMs: 3_600_000,
  })
})

test('a list may be given in several flags', () => {
  const { settings } = parseFlags(directorySettings, [
    '--names',
    'a,b',
    '--api-port',
    '1',
    '--names',
    'c',
    '--api-port',
    '2',
  ])
  expect(settings).toEqual({ names: 'a,b,c', 'api.port': '2' })
})

test('prefers policy to flags to environment to file', () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'directory.json')
  writeFileSync(file, '{"api":{"port":1},"devices":{"port":1},"names":["a"],"attestEveryMs":60000}', { mode: 0o600 })
  writeFileSync(join(folder.path, 'policy.json'), '{"devices":{"channelBinding":"required"}}', { mode: 0o644 })
  const { config } = load({
    file,
    environment: { SURETY_DIRECTORY_API_PORT: '2', SURETY_DIRECTORY_DEVICES_PORT: '2' },
    flags: { 'api.port': '3', names: 'b, c', 'devices.channelBinding': 'required' },
  })
  expect(config).toMatchObject({ 'api.port': 3, 'devices.port': 2, names: ['b', 'c'], attestEveryMs: 60_000 })
})

test.each([
  [{ flags: { 'api.port': '65536' } }],
  [{ flags: { 'api.port': 'http' } }],
  [{ flags: { data: 'relative' } }],
  [{ flags: { 'devices.url': 'ws://plain:1' } }],
  [{ flags: { 'devices.url': 'wss://a/path' } }],
  [{ flags: { 'devices.channelBinding': 'maybe' } }],
  [{ flags: { 'devices.host': 'a b' } }],
  [{ flags: { names: 'a,b c' } }],
  [{ flags: { attestEveryMs: '0' } }],
  [{ flags: { nonsense: '1' } }],
  [{ environment: { SURETY_DIRECTORY_NONSENSE: '1' } }],
  [{ file: '/nowhere/at/all.json' }],
])('%j is refused', async (init) => expect(await codeThrown(() => load(init))).toBe('CONFIG_INVALID'))
