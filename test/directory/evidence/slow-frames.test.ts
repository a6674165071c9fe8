import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { results } from '../../../src/directory/devices/results.ts'
import { finishBatches } from '../../../src/directory/evidence/finish-batches.ts'
import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'
import { submitEvidence } from '../../support/directory/submit-evidence.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import {
  clock,
  DEVICES,
  frame,
  idOf,
  ingestWithStore,
  large,
  outcomes,
  SIGHTINGS,
  turn,
  until,
} from './ingest-fixture.ts'

test('runAfter waits only for its own device', async () => {
  const { queue } = await ingestWithStore({ monotonic: 'each sighting takes a millisecond' })
  const long = submitEvidence(queue, large('one'))
  const done: string[] = []
  queue.runAfter('two', () => done.push('two'))
  queue.runAfter('one', () => done.push('one'))
  expect(done).toEqual(['two'])
  await long
  await turn()
  expect(done).toEqual(['two', 'one'])
})

describe('a frame that takes long', () => {
  test('is applied in several transactions and acknowledged after the last', async () => {
    const { queue, real, commits, unfinished, sightings } = await ingestWithStore({
      monotonic: 'each sighting takes a millisecond',
    })
    let isKept = false
    const kept = submitEvidence(queue, large('one')).then(() => {
      isKept = true
    })
    await until(() => commits() > 0)
    expect({ commits: commits(), isKept, waiting: queue.waiting }).toEqual({ commits: 1, isKept: false, waiting: 1 })
    // It has its place in the chain, and the register says that it does not know all of it.
    expect([(await real.evidence.chain('one'))?.sequence, await unfinished()]).toEqual([
      1,
      [{ device: 'one', epoch: 1, sequence: 1 }],
    ])
    expect(sightings('one')).toBeLessThan(SIGHTINGS)
    await kept
    expect([commits() >= 3, await unfinished(), sightings('one')]).toEqual([true, [], SIGHTINGS])
    expect(queue.waiting).toBe(0)
  })

  test('lets frames of others go first, and later frames of its device follow in order', async () => {
    const { queue } = await ingestWithStore({ monotonic: 'each sighting takes a millisecond' })
    const order: string[] = []
    const all = [large('one'), frame('one', 2), frame('two', 1), frame('three', 1)].map((each) =>
      submitEvidence(queue, each).then(() => order.push(`${each.device} ${each.evidence.sequence}`)),
    )
    await turn()
    all.push(submitEvidence(queue, frame('two', 2)).then(() => order.push('two 2')))
    await Promise.all(all)
    expect(order).toEqual(['two 1', 'three 1', 'two 2', 'one 1', 'one 2'])
  })

  test('takes turns with slow frames of other devices', async () => {
    const { queue, sightings } = await ingestWithStore({ monotonic: 'each sighting takes a millisecond' })
    const all = DEVICES.map((device) => submitEvidence(queue, large(device)))
    await until(() => sightings('three') > 0)
    expect([sightings('one') < SIGHTINGS, sightings('two') < SIGHTINGS]).toEqual([true, true])
    await Promise.all(all)
  })

  test('is finished even if its device is retired meanwhile', async () => {
    const { queue, commits, retire, unfinished, sightings } = await ingestWithStore({
      monotonic: 'each sighting takes a millisecond',
    })
    const kept = submitEvidence(queue, large('one'))
    await until(() => commits() > 0)
    retire('one')
    expect(await kept).toEqual({ sequence: 1, head: 'h1' })
    expect([await unfinished(), sightings('one')]).toEqual([[], SIGHTINGS])
    expect(await outcomes(queue, [frame('one', 2)])).toEqual(['DEVICE_RETIRED'])
  })

  test('that fails in its second half is stored, and its device gets no good verdict', async () => {
    const { queue, real, unfinished, announced } = await ingestWithStore({
      monotonic: 'each sighting takes a millisecond',
      sighting(id) {
        if (id === idOf(250)) throw new SuretyError('QUOTA_EXCEEDED', 'one too many')
      },
    })
    await submitEvidence(queue, large('one'))
    expect(await real.unprocessed.list('one')).toEqual([expect.objectContaining({ part: 'sightings' })])
    expect([await unfinished(), announced]).toEqual([[], ['one']])
  })

  test('that the database rejects is refused, and later ones are not', async () => {
    const { queue } = await ingestWithStore({
      monotonic: 'each sighting takes a millisecond',
      sighting(id) {
        if (id === idOf(250)) throw new SuretyError('STORE_CORRUPT', 'a bad page')
      },
      failure() {
        throw new SuretyError('STORE_CORRUPT', 'another')
      },
    })
    expect(await outcomes(queue, [large('one'), frame('two', 1), frame('one', 2)])).toEqual(['STORE_CORRUPT', 1, 2])
  })

  test('is finished by the next start if the directory ended before', async () => {
    using folder = temporaryFolder()
    const path = `${folder.path}/directory.sqlite`
    let isCut = false
    const first = await ingestWithStore({
      path,
      monotonic: 'each sighting takes a millisecond',
      transaction() {
        if (isCut) throw new SuretyError('STORE_FAILED', 'the power is gone')
      },
    })
    const lost = outcomes(first.queue, [large('one')])
    await until(() => first.commits() > 0)
    isCut = true
    expect(await lost).toEqual(['STORE_FAILED'])
    const before = first.sightings('one')
    first.close()
    const second = await ingestWithStore({ path })
    expect([second.sightings('one') === before, before < SIGHTINGS]).toEqual([true, true])
    const appraised = results({ store: second.real, clock }, { policy: DEFAULT_POLICY, validForMs: 1000 })
    await finishBatches({ store: second.real, results: appraised, clock, log: silentLog })
    expect([await second.unfinished(), second.sightings('one')]).toEqual([[], SIGHTINGS])
    // The batch was acknowledged, so the device continues after it.
    expect(await outcomes(second.queue, [frame('one', 2)])).toEqual([2])
    second.close()
  })

  test('that is marked unfinished but missing stops the directory from starting', async () => {
    const { real } = await ingestWithStore()
    await real.transaction(() => real.unfinished.put('one', { epoch: 1, sequence: 7 }))
    const appraised = results({ store: real, clock }, { policy: DEFAULT_POLICY, validForMs: 1000 })
    await expect(() => finishBatches({ store: real, results: appraised, clock, log: silentLog })).rejects.toThrow(
      expect.objectContaining({ code: 'STORE_CORRUPT' }),
    )
  })
})
