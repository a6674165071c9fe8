import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { daemonSettings, loadDaemonConfig } from '../../../src/config/daemon.ts'
import { directorySettings, loadDirectoryConfig } from '../../../src/config/directory.ts'
import { parseFlags } from '../../../src/config/flags.ts'
import type { ManagedPlace } from '../../../src/config/managed-sources.ts'
import { windowsRegistry } from '../../../src/system/facts/registry.ts'
import { joinParts, promise, refusing, splitParts, type Target, textOf } from '../target.ts'

let file: string | undefined

/** A configuration is read from a file, so there is one, which the process takes with it. */
function fileWith(input: Uint8Array): string {
  if (file === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'surety-fuzz-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    file = join(folder, 'config.json')
  }
  writeFileSync(file, input, { mode: 0o600 })
  return file
}

const NOTHING = { environment: {}, policyFolder: '/nonexistent' }

const fileTarget: Target = {
  name: 'config-file',
  kind: 'json',
  seeds: () => [
    '{"stateFolder":"/a","keys":"tpm","log":{"level":"info","maxBytes":65536},"spool":{"maxBytes":4194304}}',
    '{"tpm":{"device":"/dev/tpm0","simulator":"unix:/a"},"pkcs11":{"module":"/m","tokenLabel":"t","pinFile":"/p"},"schedules":{"posture":"* * * * *"}}',
    '{"data":"/d","names":["a","b"],"devices":{"host":"::","port":1,"url":"wss://a:1","channelBinding":"off"},"api":{"port":0},"attestEveryMs":60000}',
  ],
  async run(input) {
    const path = fileWith(input)
    await refusing(['CONFIG_INVALID'], async () => {
      const { config, entries } = loadDaemonConfig({ ...NOTHING, file: path })
      promise(config.stateFolder.startsWith('/'), 'a path is absolute')
      promise(entries.length === Object.keys(daemonSettings).length, 'every setting is told')
    })
    await refusing(['CONFIG_INVALID'], async () => loadDirectoryConfig({ ...NOTHING, file: path }))
  },
}

const wordsTarget: Target = {
  name: 'config-words',
  kind: 'text',
  seeds: () => [
    '--log-level\ndebug\n--config=/a\n--keys=software',
    '--names=a, b\n--devices-port\n0\n--help',
    'SURETYD_LOG_LEVEL=debug\nSURETYD_SPOOL_MAX_BYTES=4194304\nSURETY_DIRECTORY_NAMES=a,b',
  ],
  words: ['--', '-', '=', 'SURETYD_', 'SURETY_DIRECTORY_', '1e9', '--version'],
  async run(input) {
    // The starting user gives these: a large number is no attack.
    const lines = textOf(input).split('\n', 512)
    for (const settings of [daemonSettings, directorySettings])
      await refusing(['CONFIG_INVALID'], async () => parseFlags(settings, lines))
    const environment = Object.fromEntries(
      lines.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
    )
    await refusing(['CONFIG_INVALID'], async () => loadDaemonConfig({ ...NOTHING, environment }))
    await refusing(['CONFIG_INVALID'], async () => loadDirectoryConfig({ ...NOTHING, environment }))
  },
}

const KEY = 'HKLM\\SOFTWARE\\Policies\\Surety'
const KEYS = Object.keys(daemonSettings)
const wide = (value: string) => Buffer.from(`${value}\0`, 'utf16le')

/** The type and the bytes of one value of the registry for each setting, in their order, and the same bytes as preferences. */
const managedTarget: Target = {
  name: 'managed-settings',
  kind: 'bytes',
  seeds: () => [
    joinParts(...KEYS.map(() => Uint8Array.of())),
    joinParts(Uint8Array.of(1, ...wide('/a')), Uint8Array.of(1, ...wide('/s'))),
    joinParts(...KEYS.map(() => Uint8Array.of(4, 7, 0, 0, 0))),
    joinParts(...KEYS.map(() => Uint8Array.of(7, ...wide('os.supported'), 0, 0))),
    joinParts(...KEYS.map(() => Uint8Array.of(11, 0, 0, 0, 0, 1, 0, 0, 0))),
    '<plist version="1.0"><dict><key>log.level</key><string>debug</string><key>PayloadUUID</key><true/></dict></plist>',
    '<plist version="1.0"><dict><key>support</key><dict><key>owner</key><string>IT</string></dict></dict></plist>',
  ],
  async run(input) {
    const parts = splitParts(input, KEYS.length)
    const values = parts.flatMap((part, at) => {
      const name = KEYS[at]
      return name === undefined || part.length === 0 ? [] : [{ name, type: part[0] ?? 0, bytes: part.subarray(1) }]
    })
    const registry = windowsRegistry({
      registryRead: () => undefined,
      registryKeys: () => [],
      registryValues: () => values,
    })
    const managed: readonly ManagedPlace[] = [{ registry, key: KEY }, { preferences: fileWith(input) }]
    for (const place of managed) {
      await refusing(['CONFIG_INVALID'], async () => {
        const { config, entries } = loadDaemonConfig({ ...NOTHING, policyOwners: [OWNER], managed: place })
        promise(config.stateFolder.startsWith('/'), 'a path is absolute')
        promise(['error', 'warn', 'info', 'debug'].includes(config['log.level']), 'a word is one of its choices')
        promise(Array.isArray(config['posture.skip']), 'a list is a list')
        promise(entries.length === KEYS.length, 'every setting is told')
      })
    }
  },
}
const OWNER = String(process.geteuid?.() ?? 0)

export const configurationTargets: readonly Target[] = [fileTarget, wordsTarget, managedTarget]
