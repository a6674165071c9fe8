import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toBase64Url } from '../../../src/base/bytes.ts'
import { silentLog } from '../../../src/base/log.ts'
import { openLogWitness } from '../../../src/daemon/record/log-witness.ts'
import type { LogFault } from '../../../src/protocol/log-fault.ts'
import type { CheckpointFrame } from '../../../src/protocol/messages/frames.ts'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import { consistencyProof } from '../../../src/tlog/proofs.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { MadeLog, madeKey } from '../../support/tlog/made-log.ts'

/** What a device makes of the checkpoints that a directory shows it. */

const HERE = { root: toBase64Url(new Uint8Array(32).fill(1)) }
const ELSEWHERE = { root: toBase64Url(new Uint8Array(32).fill(2)) }
const ORIGIN = 'directory.example.org/record'
const HOUR_MS = 3_600_000

type Shown = Pick<CheckpointFrame, 'key' | 'checkpoint' | 'consistency'>

async function shown(log: MadeLog, { from = 0, size = log.size } = {}): Promise<CheckpointFrame> {
  log.keepTilesOf(size)
  const proof = from > size ? [] : await consistencyProof(from, size, log.subtrees(size))
  return frame({
    key: formatNoteKey(log.key.key),
    checkpoint: await log.checkpoint(size),
    consistency: proof.map(toBase64Url),
  })
}

const frame = (parts: Shown): CheckpointFrame => ({ type: 'checkpoint', device: 'dev_x', epoch: 1, time: 1, ...parts })

function device() {
  const folder = temporaryFolder()
  const clock = new FakeClock()
  const warnings = new Set<string>()
  const reported: { readonly fault: LogFault; readonly onDurable: () => void }[] = []
  const open = () =>
    openLogWitness(
      {
        clock,
        log: silentLog,
        health: {
          raise: (code) => void warnings.add(code),
          clear: (code) => void warnings.delete(code),
        },
        evidence: { reportLogFault: (fault, onDurable) => void reported.push({ fault, onDurable }) },
      },
      { stateFolder: folder.path },
    )
  return {
    open,
    clock,
    warnings,
    reported,
    kinds: () => reported.map(({ fault }) => fault.kind),
    path: join(folder.path, 'log-checkpoint.json'),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

async function logOf(size: number, { key = madeKey(ORIGIN), salt = '' } = {}): Promise<MadeLog> {
  const log = new MadeLog(key.key.name, key)
  await log.growTo(size, salt)
  return log
}

test('a log that grows is kept, in each run', async () => {
  using laptop = device()
  const log = await logOf(3)
  const first = await laptop.open()
  expect(first.request(HERE)).toEqual({ type: 'checkpoint' })
  await first.received(await shown(log), HERE)
  expect(first.newest).toMatchObject({ origin: ORIGIN, size: 3 })
  for (const [from, size] of [
    [3, 3],
    [3, 4],
    [4, 300],
    [300, 1000],
  ] as const) {
    await log.growTo(Math.max(size, log.size))
    const later = await laptop.open()
    expect(later.newest?.size).toBe(from)
    expect(later.request(HERE)).toEqual({ type: 'checkpoint', kept: await log.checkpoint(from) })
    await later.received(await shown(log, { from, size }), HERE)
    expect(later.newest?.size).toBe(size)
  }
  expect([laptop.kinds(), [...laptop.warnings]]).toEqual([[], []])
})

test('it is asked for once an hour, and once a minute while there is no answer', async () => {
  using laptop = device()
  const witness = await laptop.open()
  expect(witness.request(HERE)).toBeDefined()
  expect(witness.request(HERE)).toBeUndefined()
  await laptop.clock.advance(59_999)
  expect(witness.request(HERE)).toBeUndefined()
  await laptop.clock.advance(1)
  expect(witness.request(HERE)).toBeDefined()
  await witness.received(await shown(await logOf(3)), HERE)
  await laptop.clock.advance(HOUR_MS - 1)
  expect(witness.request(HERE)).toBeUndefined()
  await laptop.clock.advance(1)
  expect(witness.request(HERE)).toBeDefined()
})

const another = async (log: MadeLog, size: number) => shown(await logOf(size, { key: log.key, salt: '!' }), { from: 5 })

describe('a fault is reported, and the kept checkpoint stays', () => {
  test.each<[string, LogFault['kind'], (log: MadeLog) => Promise<CheckpointFrame>]>([
    ['the log is smaller', 'went-back', (log) => shown(log, { from: 5, size: 4 })],
    ['the log is empty', 'went-back', (log) => shown(log, { from: 5, size: 0 })],
    ['other entries, the same size', 'split', (log) => another(log, 5)],
    ['other entries, a larger size', 'split', (log) => another(log, 9)],
    ['no proof', 'split', async (log) => ({ ...(await shown(log, { from: 5, size: 8 })), consistency: [] })],
    ['the proof of another size', 'split', (log) => shown(log, { from: 4, size: 8 })],
    [
      'a hash too many',
      'split',
      async (log) => {
        const good = await shown(log, { from: 5, size: 8 })
        return { ...good, consistency: [...good.consistency, toBase64Url(new Uint8Array(32))] }
      },
    ],
  ])('%s', async (_, kind, next) => {
    using laptop = device()
    const log = await logOf(8)
    const witness = await laptop.open()
    const before = await shown(log, { size: 5 })
    await witness.received(before, HERE)
    const after = await next(log)
    await witness.received(after, HERE)
    expect(laptop.reported.map(({ fault }) => fault)).toEqual([
      {
        kind,
        time: expect.any(Number),
        kept: before.checkpoint,
        keptKey: before.key,
        received: after.checkpoint,
        receivedKey: after.key,
        consistency: after.consistency,
      },
    ])
    expect([...laptop.warnings]).toEqual(['LOG_INCONSISTENT'])
    expect(witness.newest?.size).toBe(5)
    await witness.received(after, HERE)
    expect(laptop.reported).toHaveLength(1)
    await witness.received(await shown(log, { from: 5, size: 8 }), HERE)
    expect([[...laptop.warnings], witness.newest?.size]).toEqual([[], 8])
  })
})

test.each([
  ['another key', () => logOf(9)],
  ['another origin', () => logOf(9, { key: madeKey('directory.example.org/other') })],
])('%s is reported, and the other log is followed from then on', async (_, other) => {
  using laptop = device()
  const witness = await laptop.open()
  await witness.received(await shown(await logOf(5)), HERE)
  const log = await other()
  await witness.received(await shown(log, { from: 5, size: 7 }), HERE)
  expect([laptop.kinds(), [...laptop.warnings]]).toEqual([['replaced'], ['LOG_INCONSISTENT']])
  await witness.received(await shown(log, { from: 7 }), HERE)
  expect([laptop.kinds(), [...laptop.warnings], witness.newest?.size]).toEqual([['replaced'], [], 9])
})

test('a fault that is not in evidence yet is reported again by the next run', async () => {
  using laptop = device()
  const log = await logOf(8)
  const first = await laptop.open()
  await first.received(await shown(log), HERE)
  await first.received(await shown(log, { size: 3 }), HERE)
  await laptop.open()
  expect(laptop.kinds()).toEqual(['went-back', 'went-back'])
  laptop.reported[1]?.onDurable()
  await laptop.open()
  expect(laptop.kinds()).toEqual(['went-back', 'went-back', 'went-back'])
})

test('what another directory showed is not compared', async () => {
  using laptop = device()
  const witness = await laptop.open()
  await witness.received(await shown(await logOf(8)), HERE)
  await laptop.clock.advance(HOUR_MS)
  expect(witness.request(ELSEWHERE)).toEqual({ type: 'checkpoint' })
  await witness.received(await shown(await logOf(3)), ELSEWHERE)
  expect([laptop.kinds(), witness.newest?.size]).toEqual([[], 3])
})

describe('refuses', () => {
  test.each<[string, (log: MadeLog) => Promise<Partial<Shown>>]>([
    ['a key that is none', async () => ({ key: 'x' })],
    ['the key of another log', async () => ({ key: formatNoteKey(madeKey(ORIGIN).key) })],
    ['a key of a witness', async () => ({ key: formatNoteKey(madeKey(ORIGIN, 'cosignature').key) })],
    ['a note that is none', async () => ({ checkpoint: 'x' })],
    ['a changed size', async (log) => ({ checkpoint: (await log.checkpoint()).replace('\n8\n', '\n9\n') })],
    ['no signature', async (log) => ({ checkpoint: (await log.checkpoint()).split('\n\n')[0] ?? '' })],
  ])('%s, and keeps what it has', async (_, changes) => {
    using laptop = device()
    const log = await logOf(8)
    const witness = await laptop.open()
    await witness.received(await shown(log, { size: 5 }), HERE)
    const good = await shown(log, { from: 5 })
    const refused = witness.received({ ...good, ...(await changes(log)) }, HERE)
    await expect(refused).rejects.toMatchObject({ code: 'FRAME_MALFORMED' })
    expect([witness.newest?.size, laptop.kinds()]).toEqual([5, []])
  })
})

test('a damaged file is set aside, and the device begins with no checkpoint', async () => {
  using laptop = device()
  const witness = await laptop.open()
  await witness.received(await shown(await logOf(8)), HERE)
  writeFileSync(laptop.path, readFileSync(laptop.path, 'utf8').replace('"at":', '"an":'))
  const next = await laptop.open()
  expect([next.newest, [...laptop.warnings]]).toEqual([undefined, ['STATE_DAMAGED']])
})
