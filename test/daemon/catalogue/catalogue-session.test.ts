import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { hashOfText } from '../../../src/crypto/hash.ts'
import { CatalogueKeeper } from '../../../src/daemon/catalogue/catalogue-keeper.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { DEVICE, type FakeWire, fakeDirectory } from '../../support/fake-directory.ts'
import { runningDaemon } from '../../support/running-daemon.ts'
import { sampleResult } from '../../support/seeded-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const catalogue = (version: number): Catalogue => ({
  ...{ schema: 'surety/catalogue@1', version, asOf: '2026-11-25', sources: { seen: { title: 'seen' } } },
  entries: [{ id: 'one', name: 'One', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }],
})
const hashOf = (version: number) => hashOfText(JSON.stringify(catalogue(version)))

async function offer(wire: FakeWire, version: number): Promise<void> {
  const time = Date.now()
  const offered = { version, hash: hashOf(version) }
  await wire.result({
    ...{ type: 'result', device: DEVICE, epoch: 1, time, result: sampleResult(time), catalogue: offered },
  })
}

const hand = (wire: FakeWire, version: number) => wire.send(wire.authority.signOrder('catalogue', catalogue(version)))

/** The hashes of the catalogues that the device asks for from here on, evidence left out. */
async function asked(wire: FakeWire): Promise<string> {
  for (;;) {
    const frame = await wire.next()
    if (frame.startsWith('{"type":"catalogue"')) return JSON.parse(frame).hash
  }
}

/** A device that has the catalogue 5 until it has the catalogue 8, of a directory that follows `script`. */
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

test('a device that is told of a catalogue again while it asks for it asks once', async () => {
  const seen: string[] = []
  const outcome = await deviceWith(async (wire) => {
    await offer(wire, 7)
    await offer(wire, 7)
    seen.push(await asked(wire))
    hand(wire, 7)
    await offer(wire, 8)
    seen.push(await asked(wire))
    hand(wire, 8)
  })
  expect([seen, outcome]).toEqual([[hashOf(7), hashOf(8)], { connections: 1, health: [] }])
})

test('a device whose question found another catalogue set takes that with its next result', async () => {
  const seen: string[] = []
  const outcome = await deviceWith(async (wire) => {
    await offer(wire, 7)
    seen.push(await asked(wire))
    // Nothing is answered: 8 was set meanwhile.
    await offer(wire, 8)
    seen.push(await asked(wire))
    hand(wire, 8)
  })
  expect([seen, outcome]).toEqual([[hashOf(7), hashOf(8)], { connections: 1, health: [] }])
})

test('a device that lost its connection while it asked asks again on the next', async () => {
  const seen: string[] = []
  const outcome = await deviceWith(async (wire) => {
    await offer(wire, 8)
    seen.push(await asked(wire))
    if (wire.number === 0) wire.close()
    else hand(wire, 8)
  })
  expect([seen, outcome]).toEqual([[hashOf(8), hashOf(8)], { connections: 2, health: [] }])
})
