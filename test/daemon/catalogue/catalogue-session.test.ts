import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { hashOfText } from '../../../src/crypto/hash.ts'
import { CatalogueKeeper } from '../../../src/daemon/catalogue/catalogue-keeper.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { DEVICE, type FakeWire, fakeDirectory } from '../../support/daemon/fake-directory.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { sampleResult } from '../../support/directory/seeded-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const catalogue = (version: number): Catalogue => ({
  schema: 'surety/catalogue@1',
  version,
  asOf: '2026-11-25',
  sources: { seen: { title: 'seen' } },
  entries: [{ id: 'one', name: 'One', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }],
})
const hashOf = (version: number) => hashOfText(JSON.stringify(catalogue(version)))

async function offer(wire: FakeWire, version: number): Promise<void> {
  const time = Date.now()
  const offered = { version, hash: hashOf(version) }
  await wire.result({
    type: 'result',
    device: DEVICE,
    epoch: 1,
    time,
    result: sampleResult(time),
    catalogue: offered,
  })
}

const send = (wire: FakeWire, version: number) => wire.send(wire.authority.signOrder('catalogue', catalogue(version)))

/** The hash of the next catalogue that the device requests. Evidence is skipped. */
async function nextRequest(wire: FakeWire): Promise<string> {
  for (;;) {
    const frame = await wire.next()
    if (frame.startsWith('{"type":"catalogue"')) return JSON.parse(frame).hash
  }
}

/** Runs a device with catalogue 5, on a directory that follows `script`, until it uses catalogue 8. */
async function deviceWith(script: (wire: FakeWire) => Promise<void>) {
  await using directory = await fakeDirectory(async (wire) => {
    await wire.welcome()
    await script(wire)
    await new Promise(() => undefined)
  })
  using folder = temporaryFolder()
  const keeper = new CatalogueKeeper(
    { clock: systemClock, log: silentLog, builtIn: () => catalogue(5), onReplaced: () => undefined },
    {},
  )
  const init = { stateFolder: folder.path, enrolment: directory.enrolment, components: { catalogue: keeper } }
  await using daemon = runningDaemon(init)
  const { health } = await daemon.untilStatus(() => keeper.version === 8)
  return { connections: directory.hellos.length, health: health.map(({ code }) => code) }
}

test('requests a catalogue once when it is offered again before it arrives', async () => {
  const requests: string[] = []
  const outcome = await deviceWith(async (wire) => {
    await offer(wire, 7)
    await offer(wire, 7)
    requests.push(await nextRequest(wire))
    send(wire, 7)
    await offer(wire, 8)
    requests.push(await nextRequest(wire))
    send(wire, 8)
  })
  expect([requests, outcome]).toEqual([[hashOf(7), hashOf(8)], { connections: 1, health: [] }])
})

test('requests the newer catalogue when the offer changes before an answer', async () => {
  const requests: string[] = []
  const outcome = await deviceWith(async (wire) => {
    await offer(wire, 7)
    requests.push(await nextRequest(wire))
    // The directory does not answer, because 8 has been set meanwhile.
    await offer(wire, 8)
    requests.push(await nextRequest(wire))
    send(wire, 8)
  })
  expect([requests, outcome]).toEqual([[hashOf(7), hashOf(8)], { connections: 1, health: [] }])
})

test('requests the catalogue again on the next connection', async () => {
  const requests: string[] = []
  const outcome = await deviceWith(async (wire) => {
    await offer(wire, 8)
    requests.push(await nextRequest(wire))
    if (wire.number === 0) wire.close()
    else send(wire, 8)
  })
  expect([requests, outcome]).toEqual([[hashOf(8), hashOf(8)], { connections: 2, health: [] }])
})
