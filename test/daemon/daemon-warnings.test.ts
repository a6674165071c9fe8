import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { SuretyError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { openKeys } from '../../src/keys/open-keys.ts'
import type { KeyProvider } from '../../src/keys/provider/key-provider.ts'
import { fakeDirectory } from '../support/daemon/fake-directory.ts'
import { runningDaemon, sampleFound } from '../support/daemon/running-daemon.ts'
import { type RunningDirectory, runningDirectory } from '../support/directory/running-directory.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const LAPTOP = {
  hostname: 'laptop',
  platform: 'linux',
  arch: 'x64',
  osName: 'Debian GNU/Linux',
  osVersion: '13',
  kernel: '6.12',
} as const
let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

test('warns of a refused token, with its code', async () => {
  using folder = temporaryFolder()
  const { id, enrolment } = await running.tokenWithId()
  await running.directory.services.tokens.revoke(id, 'test')
  const warned: string[] = []
  const log = { ...silentLog, warn: (message: string) => void warned.push(message) }
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment, log })
  const status = await daemon.untilStatus(({ directory }) => directory.lastError !== undefined)
  expect(warned).toEqual(['the directory refuses to enrol this device'])
  expect(status).toMatchObject({
    enrolment: 'refused',
    directory: { connected: false, lastError: { code: 'TOKEN_REVOKED' } },
    health: [{ code: 'ENROLMENT_FAILED' }],
  })
})

test('takes no fault of keys for a refusal, and forgets it once the string is removed', async () => {
  using folder = temporaryFolder()
  const openKeys = async () => {
    throw new SuretyError('TPM_LOCKED_OUT', 'locked')
  }
  const components = { openKeys }
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: await running.token(), components })
  const status = await daemon.untilStatus(({ directory }) => directory.lastError !== undefined)
  expect([status.enrolment, status.directory.lastError?.code, status.health.map(({ code }) => code)]).toEqual([
    ...['not-enrolled', 'TPM_LOCKED_OUT'],
    ['TPM_LOCKED_OUT'],
  ])
  rmSync(join(folder.path, 'enrolment'))
  daemon.refresh()
  const later = await daemon.untilStatus(({ health }) => health.some(({ code }) => code === 'NOT_ENROLLED'))
  expect([later.enrolment, later.directory.lastError]).toEqual(['not-enrolled', undefined])
})

test('forgets a refusal once its enrolment string is removed', async () => {
  using folder = temporaryFolder()
  const { id, enrolment } = await running.tokenWithId()
  await running.directory.services.tokens.revoke(id, 'test')
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment })
  await daemon.untilStatus(({ enrolment }) => enrolment === 'refused')
  rmSync(join(folder.path, 'enrolment'))
  daemon.refresh()
  const status = await daemon.untilStatus(({ health }) => health.some(({ code }) => code === 'NOT_ENROLLED'))
  expect(status).toMatchObject({ enrolment: 'not-enrolled', health: [{ code: 'NOT_ENROLLED' }] })
  expect(status.directory.lastError).toBeUndefined()
})

test('does not take the failure of another server for a refusal', async () => {
  await using directory = await fakeDirectory((wire) => wire.welcome())
  using folder = temporaryFolder()
  const enrolment = directory.enrolmentWith({ ca: 'B'.repeat(43) })
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment })
  const status = await daemon.untilStatus(({ directory }) => directory.lastError !== undefined)
  expect([status.enrolment, status.directory.lastError?.code]).toEqual(['not-enrolled', 'PIN_MISMATCH'])
})

test('sets a damaged identity aside, warns and continues', async () => {
  using folder = temporaryFolder()
  const first = runningDaemon({ stateFolder: folder.path, enrolment: await running.token() })
  await first.until('complete')
  await first.end()
  writeFileSync(join(folder.path, 'identity.json'), '{"schema":"surety/identity@1"')
  await using second = runningDaemon({ stateFolder: folder.path })
  const status = await second.untilStatus(({ health }) => health.length === 2)
  expect(status).toMatchObject({ enrolment: 'not-enrolled' })
  expect(status.health.map(({ code }) => code)).toEqual(['STATE_DAMAGED', 'NOT_ENROLLED'])
  expect(readdirSync(folder.path).filter((name) => name.startsWith('identity.json.damaged-'))).toHaveLength(1)
})

test('warns of a local socket that cannot identify its callers', async () => {
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path, peersKnown: false })
  const { health } = await daemon.untilStatus(({ health }) => health.length === 2)
  expect(health.map(({ code }) => code).sort()).toEqual(['ADDON_UNAVAILABLE', 'NOT_ENROLLED'])
})

test('warns of a malformed enrolment file', async () => {
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: 'half a stri' })
  const { health, directory } = await daemon.untilStatus(({ directory }) => directory.lastError !== undefined)
  expect([directory.lastError?.code, health.map(({ code }) => code)]).toEqual([
    'ENROLMENT_STRING_INVALID',
    ['ENROLMENT_FAILED'],
  ])
})

test('does not use a token while the disk cannot store the identity', async () => {
  await using directory = await fakeDirectory(async (wire) => void (await wire.next()))
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path })
  await daemon.untilStatus(({ health }) => health.length > 0)
  // A file cannot be renamed over a folder.
  mkdirSync(join(folder.path, 'progress.json'))
  writeFileSync(join(folder.path, 'enrolment'), directory.enrolment, { mode: 0o600 })
  const status = await daemon.untilStatus(({ directory }) => directory.lastError !== undefined)
  expect([status.directory.lastError?.code, directory.hellos]).toEqual(['STORE_FAILED', []])
})

test('warns of a key that fails in use, until it works again', async () => {
  using folder = temporaryFolder()
  const key = { broken: false }
  const found = sampleFound()
  await using daemon = runningDaemon({
    stateFolder: folder.path,
    enrolment: await running.token(),
    found,
    components: { openKeys: (_, options) => openBreakableKeys(folder.path, key, options) },
  })
  await daemon.until('complete')
  key.broken = true
  found.findings = []
  daemon.refresh()
  await daemon.untilStatus(({ health }) => health.some(({ code }) => code === 'TPM_GONE'))
  key.broken = false
  await daemon.untilStatus(({ health }) => health.length === 0)
})

test.each([
  ['is damaged', () => new SuretyError('STORE_CORRUPT', 'no key'), 'KEYS_DAMAGED', /Restore a good copy/],
  ['cannot be written', () => new SuretyError('STORE_FAILED', 'ENOSPC'), 'KEYS_UNAVAILABLE', /Free disk space/],
  [
    'is on a missing token',
    () => new SuretyError('KEY_PROVIDER_UNAVAILABLE', 'x'),
    'KEYS_UNAVAILABLE',
    /retries automatically/,
  ],
])(
  'shows one warning for a key that %s, and none for the spool, until the key works',
  async (_, fault, code, remedy) => {
    using folder = temporaryFolder()
    const found = sampleFound()
    const first = runningDaemon({ stateFolder: folder.path, enrolment: await running.token() })
    await first.until('complete')
    await first.end()
    let failing = true
    await using daemon = runningDaemon({
      stateFolder: folder.path,
      found,
      components: {
        async openKeys(_, options) {
          if (failing) throw fault()
          return await openKeys(
            { clock: systemClock },
            { stateFolder: folder.path, want: 'software', tpm: {} },
            options,
          )
        },
      },
    })
    // The evidence builder and the stream have both asked for the key.
    const { health } = await daemon.untilStatus(({ directory }) => directory.lastError !== undefined)
    expect(health).toEqual([{ code, remedy: expect.stringMatching(remedy), since: expect.any(Number) }])
    failing = false
    daemon.refresh()
    await daemon.untilStatus(({ health, directory }) => health.length === 0 && directory.connected)
  },
)

test('warns of a failing check until it works', async () => {
  using folder = temporaryFolder()
  let failing = true
  const posture = async () => {
    if (failing) throw new SuretyError('FILE_UNREADABLE', 'x')
    return sampleFound().findings
  }
  const { findings: _, observed } = sampleFound()
  const scan = async () => observed
  const inventory = async () => LAPTOP
  const scans = { inventory, discovery: scan, processes: scan, turn: scan }
  await using daemon = runningDaemon({
    stateFolder: folder.path,
    enrolment: await running.token(),
    components: { collectors: { posture, quickPosture: posture, ...scans } },
  })
  await daemon.untilStatus(({ health }) => health.some(({ code }) => code === 'COLLECTION_FAILED'))
  failing = false
  daemon.refresh()
  await daemon.untilStatus(({ health, directory }) => health.length === 0 && directory.connected)
})

/** Software keys that stop signing as if their TPM were missing. */
async function openBreakableKeys(stateFolder: string, state: { readonly broken: boolean }, options: object) {
  const opened = await openKeys({ clock: systemClock }, { stateFolder, want: 'software', tpm: {} }, options)
  const provider: KeyProvider = {
    name: opened.provider.name,
    hardwareBacked: false,
    attestor: undefined,
    async getOrCreateKey(label, keyOptions) {
      const key = await opened.provider.getOrCreateKey(label, keyOptions)
      return {
        publicKey: key.publicKey,
        async sign(message, signOptions) {
          if (state.broken) throw new SuretyError('TPM_UNAVAILABLE', 'gone')
          return await key.sign(message, signOptions)
        },
      }
    },
    [Symbol.asyncDispose]: () => opened.provider[Symbol.asyncDispose](),
  }
  return { ...opened, provider }
}
