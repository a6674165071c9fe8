import { SuretyError } from '../../../src/base/errors.ts'
import type { Submission } from '../../../src/directory/evidence/commit.ts'
import type { EvidenceFrame } from '../../../src/directory/evidence/evidence-frame.ts'
import type { ReadRequest } from '../../../src/directory/evidence/verifiers.ts'
import { type InFlightLimiter, inFlightLimiter } from '../../../src/directory/ingress/in-flight-limiter.ts'
import { sessions } from '../../../src/directory/ingress/sessions.ts'
import type { FrameTaker } from '../../../src/directory/ingress/sockets/connection.ts'
import { DeviceStream } from '../../../src/directory/ingress/stream.ts'
import { JWS_HEADERS } from '../../../src/protocol/messages/jws-types.ts'
import { FakeClock } from '../../support/fake-clock.ts'

type Read = EvidenceFrame | Promise<EvidenceFrame>

const FRAMES = [1, 2, 3, 4].map((number) => `${JWS_HEADERS.evidence}.${number}`)
const [FIRST] = FRAMES
const frameOf = (compact: string) => ({ compact }) as EvidenceFrame // all that is looked at here
const refusal = () => new SuretyError('SIGNATURE_INVALID', 'it does not hold')

/** A stream to which all frames come at once, each read as `read` says: at once, or beside the loop. */
function streamed(read: (compact: string) => Read, tookMs = 0) {
  const clock = new FakeClock()
  let slowed = 0
  let onTheirWay = 0
  const room = inFlightLimiter({ burst: () => undefined })
  const counted: InFlightLimiter = {
    enter(share, bytes, on) {
      onTheirWay += bytes
      return room.enter(share, bytes, on)
    },
    leave(share, bytes) {
      onTheirWay -= bytes
      room.leave(share, bytes)
    },
  }
  const submitted: string[] = []
  const refused: string[] = []
  const closed: unknown[] = []
  const coming = [...FRAMES]
  const components = {
    clock,
    sessions: sessions(),
    inFlight: counted,
    authority: { signAcknowledgement: () => '' },
    evidence: {
      read(reading: ReadRequest) {
        try {
          const frame = read(reading.compact)
          if (frame instanceof Promise) frame.then((held) => reading.held(held)).catch((error) => reading.broken(error))
          else reading.held(frame)
        } catch (error) {
          reading.broken(error)
        }
      },
      submit({ compact }: EvidenceFrame, submission: Submission) {
        const sequence = submitted.push(compact)
        setImmediate(() => submission.kept({ sequence, head: '' }, tookMs))
      },
      slowed: () => slowed++,
      runAfter: (_: string, work: () => void) => work(),
      refused: (compact: string) => refused.push(compact),
    },
  }
  const later = Promise.withResolvers<string>()
  let open = later.promise
  const connection = {
    idle: true,
    signal: new AbortController().signal,
    send: () => undefined,
    came: () => 100,
    next: () => {
      if (coming.length > 0) return Promise.resolve(coming.shift())
      const next = open
      open = new Promise<string>(() => undefined)
      return next
    },
    async deliver(taker: FrameTaker) {
      for (;;) {
        await taker.take((await connection.next()) ?? '')
        await taker.rest()
      }
    },
    refuse: ({ code }: SuretyError) => closed.push(code),
  }
  const init = { ackIntervalMs: 1, evidenceRateBytes: 1e6, evidenceBurstBytes: 1e6 }
  const own = { connection, authenticated: { device: 'd', epoch: 1 }, result: undefined }
  // The components and settings that a stream of evidence uses.
  new DeviceStream(...([components, init, own] as unknown as ConstructorParameters<typeof DeviceStream>))
    .run()
    .catch(connection.refuse)
  return {
    submitted,
    refused,
    closed,
    clock,
    slowed: () => slowed,
    onTheirWay: () => onTheirWay,
    oneMore: later.resolve,
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a frame read at once waits for earlier frames that are still being read', async () => {
  const first = Promise.withResolvers<EvidenceFrame>()
  const { submitted } = streamed((compact) => (compact === FIRST ? first.promise : frameOf(compact)))
  await turn()
  expect(submitted).toEqual([])
  first.resolve(frameOf(FRAMES[0] ?? ''))
  await turn()
  expect(submitted).toEqual(FRAMES)
})

test('submits frames in the order of arrival, for any order of reading', async () => {
  const readings = new Map(FRAMES.map((compact) => [compact, Promise.withResolvers<EvidenceFrame>()]))
  const { submitted } = streamed((compact) => readings.get(compact)?.promise ?? frameOf(compact))
  await turn()
  for (const compact of [...FRAMES].reverse()) {
    readings.get(compact)?.resolve(frameOf(compact))
    await turn()
    expect(submitted).toEqual(compact === FIRST ? FRAMES : [])
  }
})

test('no frame is submitted after an invalid one', async () => {
  const first = Promise.withResolvers<EvidenceFrame>()
  const { submitted, refused, closed } = streamed((compact) => (compact === FIRST ? first.promise : frameOf(compact)))
  await turn()
  first.reject(refusal())
  await turn()
  expect({ submitted, refused, closed }).toEqual({
    submitted: [],
    refused: [FIRST],
    closed: ['SIGNATURE_INVALID'],
  })
})

test('a frame that arrives after a refusal is not read', async () => {
  const reads: string[] = []
  const { submitted, oneMore } = streamed((compact) => {
    reads.push(compact)
    return compact === FIRST ? Promise.reject(refusal()) : frameOf(compact)
  })
  await turn()
  oneMore(`${JWS_HEADERS.evidence}.5`)
  await turn()
  expect([submitted, reads.filter((each) => !FRAMES.includes(each))]).toEqual([[], []])
})

test('an invalid frame does not affect earlier frames that are still being read', async () => {
  const first = Promise.withResolvers<EvidenceFrame>()
  const { submitted, refused, closed } = streamed((compact) => {
    if (compact === FIRST) return first.promise
    if (compact === FRAMES[1]) return frameOf(compact)
    throw refusal()
  })
  await turn()
  expect({ submitted, refused, closed }).toEqual({ submitted: [], refused: [], closed: [] })
  first.resolve(frameOf(FRAMES[0] ?? ''))
  await turn()
  expect(submitted).toEqual(FRAMES.slice(0, 2))
  expect({ refused, closed }).toEqual({ refused: [FRAMES[2]], closed: ['SIGNATURE_INVALID'] })
})

describe('a frame no longer counts', () => {
  test('once it is stored', async () => {
    const { submitted, onTheirWay } = streamed(frameOf)
    while (submitted.length < FRAMES.length) await turn()
    await turn()
    expect(onTheirWay()).toBe(0)
  })

  test('once an earlier one was refused, whether it is read by then or not', async () => {
    const [first, last] = [Promise.withResolvers<EvidenceFrame>(), Promise.withResolvers<EvidenceFrame>()]
    const { submitted, closed, onTheirWay } = streamed((compact) => {
      if (compact === FIRST) return first.promise
      return compact === FRAMES[3] ? last.promise : frameOf(compact)
    })
    await turn()
    first.reject(refusal())
    await turn()
    expect(closed).toEqual(['SIGNATURE_INVALID'])
    expect(onTheirWay()).toBe((FRAMES[3] ?? '').length + 512)
    last.resolve(frameOf(FRAMES[3] ?? ''))
    await turn()
    expect([submitted, onTheirWay()]).toEqual([[], 0])
  })
})

test('accepts frames after all earlier ones were acknowledged', async () => {
  const { submitted, oneMore } = streamed(frameOf)
  for (let count = 0; count < 5; count++) await turn()
  const fifth = `${JWS_HEADERS.evidence}.5`
  oneMore(fifth)
  await turn()
  expect(submitted).toEqual([...FRAMES, fifth])
})

test('a device with slow frames gets a tenth of the event loop', async () => {
  // Each of the four pays for 100 ms, of which the burst has 100 in all.
  const { submitted, oneMore, clock, slowed } = streamed(frameOf, 110)
  for (let count = 0; count < 5; count++) await turn()
  expect([submitted.length, slowed()]).toEqual([4, 0])
  oneMore(`${JWS_HEADERS.evidence}.5`)
  await turn()
  expect([submitted.length, slowed(), clock.sleeping]).toEqual([4, 1, 1])
  await clock.advance(2_900)
  expect(submitted.length).toBe(4)
  await clock.advance(200)
  expect(submitted.length).toBe(5)
})

test('a directory that was stopped for a minute charges no device for it', async () => {
  const { submitted, oneMore, clock } = streamed(frameOf, 60_000)
  for (let count = 0; count < 5; count++) await turn()
  oneMore(`${JWS_HEADERS.evidence}.5`)
  await turn()
  // Half a second for each of the four.
  await clock.advance(19_000)
  expect(submitted.length).toBe(5)
})
