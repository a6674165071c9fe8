import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { hashOfText } from '../../../src/crypto/hash.ts'
import { CatalogueKeeper } from '../../../src/daemon/catalogue/catalogue-keeper.ts'
import { GatePolicyKeeper } from '../../../src/daemon/offers/gate-policy-keeper.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { ResultFrame } from '../../../src/protocol/messages/frames.ts'
import type { GatePolicyDocument } from '../../../src/protocol/messages/gate-policy.ts'
import { DEVICE, type FakeWire, fakeDirectory } from '../../support/daemon/fake-directory.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { sampleResult } from '../../support/directory/seeded-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const CATALOGUE = { ...builtInCatalogue(), version: 1_000_000 }
const policy = (version: number): GatePolicyDocument => ({
  schema: 'surety/gate-policy@1',
  version,
  text: `// ${version}`,
})
const offerOf = (document: { readonly version: number }) => ({
  version: document.version,
  hash: hashOfText(JSON.stringify(document)),
})

async function offer(wire: FakeWire, offers: Pick<ResultFrame, 'catalogue' | 'gatePolicy'>): Promise<void> {
  const time = Date.now()
  await wire.result({ type: 'result', device: DEVICE, epoch: 1, time, result: sampleResult(time), ...offers })
}

const send = (wire: FakeWire, document: GatePolicyDocument) =>
  wire.send(wire.authority.signOrder('gate-policy', document))

/** The next request for what was offered. Evidence is skipped. */
async function nextRequest(wire: FakeWire): Promise<{ type: string; hash: string }> {
  for (;;) {
    const frame = await wire.next()
    if (/^\{"type":"(catalogue|gate-policy)"/.test(frame)) return JSON.parse(frame)
  }
}

/** Runs a device on a directory that follows `script`, until `isDone`. */
async function deviceWith(
  script: (wire: FakeWire) => Promise<void>,
  isDone: (version: number, warnings: readonly string[]) => boolean,
) {
  await using directory = await fakeDirectory(async (wire) => {
    await wire.welcome()
    await script(wire)
    await new Promise(() => undefined)
  })
  using folder = temporaryFolder()
  const components = { clock: systemClock, log: silentLog, onReplaced: () => undefined }
  const gatePolicy = new GatePolicyKeeper(components)
  const catalogue = new CatalogueKeeper({ ...components, builtIn: builtInCatalogue }, {})
  await using daemon = runningDaemon({
    stateFolder: folder.path,
    enrolment: directory.enrolment,
    components: { gatePolicy, catalogue },
  })
  const codes = (health: readonly { readonly code: string }[]) => health.map(({ code }) => code)
  const { health } = await daemon.untilStatus((status) => isDone(gatePolicy.version, codes(status.health)))
  return { connections: directory.hellos.length, health: codes(health), version: gatePolicy.version, catalogue }
}

test('asks for both documents of one result, and takes the answers in any order', async () => {
  const requests: object[] = []
  const outcome = await deviceWith(
    async (wire) => {
      const offers = { catalogue: offerOf(CATALOGUE), gatePolicy: offerOf(policy(3)) }
      await offer(wire, offers)
      await offer(wire, offers)
      requests.push(await nextRequest(wire), await nextRequest(wire))
      wire.send(wire.authority.signOrder('catalogue', CATALOGUE))
      send(wire, policy(3))
    },
    (version) => version === 3,
  )
  expect(requests).toEqual([
    { type: 'catalogue', hash: offerOf(CATALOGUE).hash },
    { type: 'gate-policy', hash: offerOf(policy(3)).hash },
  ])
  expect(outcome).toMatchObject({ connections: 1, health: [] })
  expect(outcome.catalogue.version).toBe(CATALOGUE.version)
})

test('keeps a higher version than the one offered, and warns', async () => {
  const requests: object[] = []
  const outcome = await deviceWith(
    async (wire) => {
      await offer(wire, { gatePolicy: offerOf(policy(3)) })
      requests.push(await nextRequest(wire))
      send(wire, policy(3))
      await offer(wire, { gatePolicy: offerOf(policy(2)) })
    },
    (version, warnings) => version === 3 && warnings.length > 0,
  )
  expect(requests).toHaveLength(1)
  expect(outcome).toMatchObject({ connections: 1, version: 3, health: ['GATE_POLICY_REFUSED'] })
})

test('the acknowledgement key cannot sign one', async () => {
  const outcome = await deviceWith(
    async (wire) => {
      await offer(wire, { gatePolicy: offerOf(policy(3)) })
      await nextRequest(wire)
      wire.send(wire.authority.signAcknowledgement('gate-policy', policy(3)))
    },
    (_, warnings) => warnings.length > 0,
  )
  expect(outcome).toMatchObject({ connections: 1, version: 0, health: ['GATE_POLICY_REFUSED'] })
})
