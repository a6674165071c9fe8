import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { hashOfText } from '../../../src/crypto/hash.ts'
import { CatalogueKeeper } from '../../../src/daemon/catalogue/catalogue-keeper.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { signRaw } from '../../support/protocol/raw-jws.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let running: RunningDirectory
// A fresh directory for each test: it has one catalogue, whose version only rises.
beforeEach(async () => {
  running = await runningDirectory()
})
afterEach(() => running[Symbol.asyncDispose]())

const catalogue = (version: number): Catalogue => ({
  schema: 'surety/catalogue@1',
  version,
  asOf: '2026-11-25',
  sources: { seen: { title: 'seen' } },
  entries: [{ id: 'one', name: 'One', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }],
})
const json = (version: number) => JSON.stringify(catalogue(version))
/** Sound, and of about so many bytes. */
const largeCatalogue = (sizeBytes: number): Catalogue => ({
  ...catalogue(7),
  entries: Array.from({ length: Math.ceil(sizeBytes / 500) }, (_, i) => ({
    id: `e${i}`,
    name: `E${i}`,
    vendor: 'V',
    kind: 'cli-agent' as const,
    sources: ['seen'],
    note: 'x'.repeat(410),
  })),
})
const set = async (text: string) => running.directory.services.catalogues.set(text, 'adm')
const ask = (hash: string) => JSON.stringify({ type: 'catalogue', hash })

test('each result names the current catalogue, and a device that asks gets it', async () => {
  expect(running.directory.services.catalogues.current()).toBeUndefined()
  const view = await set(JSON.stringify(catalogue(7), null, 2))
  expect(view).toMatchObject({ version: 7, hash: hashOfText(json(7)), setBy: 'adm' })
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  expect((await wire.nextOf('result')).payload).toMatchObject({ catalogue: { version: 7, hash: view.hash } })
  wire.send(ask(view.hash))
  expect((await wire.nextOf('catalogue')).payload).toEqual(catalogue(7))
  expect(running.rows("SELECT act AS kind, actor FROM audit WHERE act = 'catalogue-set'")).toEqual([
    { kind: 'catalogue-set', actor: 'adm' },
  ])
})

test('the members of a request may stand in any order', async () => {
  const { hash } = await set(json(7))
  const { wire } = await running.device().enrol(await running.token())
  wire.send(JSON.stringify({ hash, type: 'catalogue' }))
  expect((await wire.nextOf('catalogue')).payload).toEqual(catalogue(7))
})

test('results name no catalogue where none was set', async () => {
  const { wire } = await running.device().enrol(await running.token())
  expect((await wire.nextOf('result')).payload).not.toHaveProperty('catalogue')
})

test('it is handed out after a restart too, and versions still do not go back', async () => {
  await set(json(7))
  await running.restart()
  expect(running.directory.services.catalogues.current()).toMatchObject({ version: 7 })
  await expect(set(json(6))).rejects.toMatchObject({ code: 'CONFLICT' })
})

test('what a publisher signed is handed on as it is', async () => {
  const compact = await signRaw('catalogue', { payload: json(8) }, testKey('publisher of catalogues'))
  const { hash } = await set(`${compact}\n`)
  expect(hash).toBe(hashOfText(json(8)))
  const { wire } = await running.device().enrol(await running.token())
  wire.send(ask(hash))
  expect((await wire.nextOf('catalogue')).text).toBe(compact)
})

test.each<[string, string, string]>([
  ['no JSON', 'x', 'INPUT_MALFORMED'],
  ['no catalogue', '{}', 'INPUT_MALFORMED'],
  ['another schema', json(7).replace('catalogue@1', 'catalogue@9'), 'INPUT_MALFORMED'],
  ['no version', json(7).replace('"version":7', '"version":0'), 'INPUT_MALFORMED'],
  ['a member called __proto__', json(7).replace('"asOf"', '"__proto__":1,"asOf"'), 'INPUT_MALFORMED'],
  [
    'nested too deep',
    json(7).replace('"entries":[', `"entries":[${'['.repeat(20)}${']'.repeat(20)},`),
    'INPUT_TOO_DEEP',
  ],
  ['larger than it may be', json(7).replace('seen"}', `${'x'.repeat(4 * 1024 * 1024)}"}`), 'INPUT_TOO_LARGE'],
  // In base64 it takes a third more.
  ['too large once it is signed', JSON.stringify(largeCatalogue(600 * 1024)), 'INPUT_TOO_LARGE'],
  [
    'with an impossible extension id',
    json(7).replace('"vendor"', '"chromium":[{"id":"xyz"}],"vendor"'),
    'INPUT_MALFORMED',
  ],
  ['with an unknown kind', json(7).replace('cli-agent', 'robot'), 'INPUT_MALFORMED'],
  [
    'with a command that everybody runs',
    json(7).replace('"vendor"', '"commands":[{"name":"node"}],"vendor"'),
    'INPUT_MALFORMED',
  ],
  [
    'with a file that holds secrets',
    json(7).replace('"vendor"', '"managedSettings":[{"path":"/etc/shadow"}],"vendor"'),
    'INPUT_MALFORMED',
  ],
  ['with a fact twice', json(7).replace('"vendor"', '"npm":[{"name":"p"},{"name":"p"}],"vendor"'), 'INPUT_MALFORMED'],
  ['with a member that appears twice', json(7).replace('"version":7', '"version":9,"version":7'), 'INPUT_MALFORMED'],
])('%s is not handed out', async (_, text, code) => {
  await expect(set(text)).rejects.toMatchObject({ code })
  expect(running.directory.services.catalogues.current()).toBeUndefined()
})

test('what a publisher signed is not handed out either when it has a fault', async () => {
  const faulty = json(8).replace('"vendor"', '"commands":[{"name":"node"}],"vendor"')
  const compact = await signRaw('catalogue', { payload: faulty }, testKey('publisher of catalogues'))
  await expect(set(compact)).rejects.toMatchObject({
    code: 'INPUT_MALFORMED',
    message: "one: command node is everybody's",
  })
})

test.each<[string, (compact: string) => string]>([
  ['cut in the middle', (compact) => compact.slice(0, compact.length / 2)],
  ['with a signature too short', (compact) => compact.slice(0, -4)],
  ['with another part behind it', (compact) => `${compact}.AAAA`],
])('a signed catalogue %s is malformed, not a failure of the directory', async (_, damage) => {
  const compact = await signRaw('catalogue', { payload: json(8) }, testKey('publisher of catalogues'))
  await expect(set(damage(compact))).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
})

test('stops handing out a catalogue in which it finds a fault, and reports why', async () => {
  await set(json(7))
  const faulty = json(7).replace('"vendor"', '"commands":[{"name":"node"}],"vendor"')
  const { store } = running.directory
  const stored = await store.catalogues.get()
  if (stored === undefined) throw new Error('no catalogue is stored')
  await store.catalogues.put({ ...stored, text: faulty, hash: hashOfText(faulty) })
  await running.restart()
  expect(running.directory.services.catalogues.current()).toMatchObject({
    version: 7,
    refused: "one: command node is everybody's",
  })
  const { wire } = await running.device().enrol(await running.token())
  expect((await wire.nextOf('result')).payload).not.toHaveProperty('catalogue')
  wire.send(ask(hashOfText(faulty)))
  await expect(set(json(7))).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await set(json(8))).not.toHaveProperty('refused')
  expect(running.directory.services.catalogues.current()).toMatchObject({ version: 8 })
})

test.each([6, 7])('version %d after 7 is refused, and 7 stays', async (version) => {
  await set(json(7))
  await expect(set(json(version))).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(running.directory.services.catalogues.current()).toMatchObject({ version: 7 })
})

test.each<[string, (device: ReturnType<RunningDirectory['device']>) => string | Promise<string>, string]>([
  ['asks without a hash', () => '{"type":"catalogue"}', 'FRAME_MALFORMED'],
  ['asks in another spelling', () => '{"type":"catalogue", "hash":"x"}', 'INPUT_NOT_CANONICAL'],
  ['asks for more', () => `{"type":"catalogue","hash":"${hashOfText('x')}","more":1}`, 'FRAME_MALFORMED'],
  ['sends one', (device) => device.sign('catalogue', catalogue(9)), 'FRAME_UNEXPECTED'],
])('a device that %s is refused', async (_, frame, code) => {
  await set(json(7))
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  wire.send(await frame(device))
  expect(await wire.refusal()).toBe(code)
})

test('a device that asks for another catalogue gets none, and its session continues', async () => {
  const { hash } = await set(json(7))
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  wire.send(ask(hashOfText('another')))
  wire.send(await device.batch())
  await wire.nextOf('ack')
  wire.send(ask(hash))
  expect((await wire.nextOf('catalogue')).payload).toEqual(catalogue(7))
})

test('a device that asks for a catalogue that was replaced meanwhile gets the next one', async () => {
  const before = await set(json(7))
  const { wire } = await running.device().enrol(await running.token())
  expect((await wire.nextOf('result')).payload).toMatchObject({ catalogue: { version: 7 } })
  const { hash } = await set(json(8))
  wire.send(ask(before.hash))
  wire.send(ask(hash))
  expect((await wire.nextOf('catalogue')).payload).toEqual(catalogue(8))
})

test('before it has attested a device gets no catalogue', async () => {
  const { hash } = await set(json(7))
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  wire.close()
  const again = await device.dial()
  again.send(device.hello())
  await device.challenge(again)
  again.send(ask(hash))
  expect(await again.refusal()).not.toBe('catalogue')
})

test('asking again and again slows a device down, not the directory', async () => {
  await running[Symbol.asyncDispose]()
  running = await runningDirectory({ limits: { evidenceBurstBytes: 600 * 1024, evidenceRateBytes: 1 } })
  const { hash } = await set(json(7))
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  for (let turn = 0; turn < 50; turn++) wire.send(ask(hash))
  await wire.nextOf('catalogue')
  await wire.nextOf('catalogue')
  const { wire: second } = await running.device().enrol(await running.token())
  second.send(ask(hash))
  expect((await second.nextOf('catalogue')).payload).toEqual(catalogue(7))
})

test('a real device takes it, keeps it, and tells when it cannot use the next one', async () => {
  using folder = temporaryFolder()
  const keeper = (publisher?: KeyObject) =>
    new CatalogueKeeper(
      { clock: systemClock, log: silentLog, builtIn: () => catalogue(5), onReplaced: () => undefined },
      { publisher },
    )
  const used = keeper()
  await set(json(7))
  const daemon = runningDaemon({
    stateFolder: folder.path,
    enrolment: await running.token(),
    components: { catalogue: used },
  })
  await daemon.until('complete')
  await daemon.untilStatus(() => used.version === 7)
  expect(used.current()).toEqual(catalogue(7))
  await daemon.end()
  // What the directory cannot see: whom the device waits for to sign it.
  await set(json(8))
  const later = keeper(testKey('publisher of catalogues').publicKey)
  await using again = runningDaemon({ stateFolder: join(folder.path), components: { catalogue: later } })
  const { health } = await again.untilStatus((status) => status.health.length > 0)
  expect(health).toMatchObject([{ code: 'CATALOGUE_REFUSED', remedy: expect.stringContaining('signature') }])
  expect(later.version).toBe(7)
})
