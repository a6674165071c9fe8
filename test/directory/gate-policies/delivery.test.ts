import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { hashOfText } from '../../../src/crypto/hash.ts'
import { CatalogueKeeper } from '../../../src/daemon/catalogue/catalogue-keeper.ts'
import { GatePolicyKeeper } from '../../../src/daemon/offers/gate-policy-keeper.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { DEFAULT_GATE_TEXT } from '../../../src/gate-policy/default-gate-policy.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let running: RunningDirectory
beforeEach(async () => {
  running = await runningDirectory()
})
afterEach(() => running[Symbol.asyncDispose]())

const OURS = `${DEFAULT_GATE_TEXT}// ours\n`
const THEIRS = `${DEFAULT_GATE_TEXT}// theirs\n`
const policies = () => running.directory.services.gatePolicies
const set = (text: string) => policies().set(text, { actor: 'adm' })
const payload = (version: number, text: string) => ({ schema: 'surety/gate-policy@1', version, text })
const hashOf = (version: number, text: string) => hashOfText(JSON.stringify(payload(version, text)))
const ask = (hash: string) => JSON.stringify({ type: 'gate-policy', hash })
const enrolled = async () => {
  const device = running.device()
  return { device, ...(await device.enrol(await running.token())) }
}

test('results offer none until one was set: devices have a default', async () => {
  expect(policies().offer()).toBeUndefined()
  const { wire } = await enrolled()
  expect((await wire.nextOf('result')).payload).not.toHaveProperty('gatePolicy')
})

test('each result offers the one in use, and a device that asks gets it', async () => {
  await set(OURS)
  const { wire } = await enrolled()
  const offer = { version: 1, hash: hashOf(1, OURS) }
  expect((await wire.nextOf('result')).payload).toMatchObject({ gatePolicy: offer })
  wire.send(ask(offer.hash))
  expect((await wire.nextOf('gate-policy')).payload).toEqual(payload(1, OURS))
})

test('one with a fault is offered to no device, and the one before stays', async () => {
  await set(OURS)
  await expect(set('permit (principal, action resource);')).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
  await expect(set(`// ${'\u0001'.repeat(200_000)}\n${OURS}`)).rejects.toMatchObject({ code: 'INPUT_TOO_LARGE' })
  await expect(set('// nothing')).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(policies().offer()).toEqual({ version: 1, hash: hashOf(1, OURS) })
})

test('a rollback to the default is a version that devices take', async () => {
  await set(OURS)
  await policies().rollBack(0, { actor: 'adm' })
  const { wire } = await enrolled()
  const hash = hashOf(2, DEFAULT_GATE_TEXT)
  expect((await wire.nextOf('result')).payload).toMatchObject({ gatePolicy: { version: 2, hash } })
})

test('a device that asks for one that was replaced meanwhile gets the next one', async () => {
  await set(OURS)
  const { wire } = await enrolled()
  await wire.nextOf('result')
  await set(THEIRS)
  wire.send(ask(hashOf(1, OURS)))
  wire.send(ask(hashOfText('another')))
  wire.send(ask(hashOf(2, THEIRS)))
  expect((await wire.nextOf('gate-policy')).payload).toEqual(payload(2, THEIRS))
})

test('it is handed out after a restart too', async () => {
  await set(OURS)
  await running.restart()
  expect(policies().offer()).toEqual({ version: 1, hash: hashOf(1, OURS) })
})

test.each<[string, (device: ReturnType<RunningDirectory['device']>) => string | Promise<string>, string]>([
  ['asks without a hash', () => '{"type":"gate-policy"}', 'FRAME_MALFORMED'],
  ['asks in another spelling', () => '{"type":"gate-policy", "hash":"x"}', 'INPUT_NOT_CANONICAL'],
  ['asks for more', () => `{"type":"gate-policy","hash":"${hashOfText('x')}","more":1}`, 'FRAME_MALFORMED'],
  ['asks for another kind', () => `{"type":"gatePolicy","hash":"${hashOfText('x')}"}`, 'FRAME_MALFORMED'],
  ['sends one', (device) => device.sign('gate-policy', payload(9, OURS)), 'FRAME_UNEXPECTED'],
])('a device that %s is refused', async (_, frame, code) => {
  await set(OURS)
  const { device, wire } = await enrolled()
  wire.send(await frame(device))
  expect(await wire.refusal()).toBe(code)
})

const components = { clock: systemClock, log: silentLog, onReplaced: () => undefined }

test('a real device takes it beside a catalogue, and later the next one', async () => {
  using folder = temporaryFolder()
  await set(OURS)
  const catalogue = { ...builtInCatalogue(), version: 1_000_000 }
  await running.directory.services.catalogues.set(JSON.stringify(catalogue), 'adm')
  const used = new GatePolicyKeeper(components)
  const agents = new CatalogueKeeper({ ...components, builtIn: builtInCatalogue }, {})
  const enrolment = await running.token()
  {
    await using daemon = runningDaemon({
      stateFolder: folder.path,
      enrolment,
      components: { gatePolicy: used, catalogue: agents },
    })
    await daemon.untilStatus(() => used.version === 1 && agents.version === 1_000_000)
    expect(used.current()).toEqual({ version: 1, text: OURS })
  }
  await set(THEIRS)
  const later = new GatePolicyKeeper(components)
  await using again = runningDaemon({ stateFolder: folder.path, components: { gatePolicy: later } })
  await again.untilStatus(({ health }) => later.version === 2 && health.length === 0)
  expect(later.current()).toEqual({ version: 2, text: THEIRS })
})
