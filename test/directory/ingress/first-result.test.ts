import { sessions } from '../../../src/directory/ingress/sessions.ts'
import { DeviceStream } from '../../../src/directory/ingress/stream.ts'
import type { AttestationResult } from '../../../src/protocol/attestation-result.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const resultOf = (verdict: AttestationResult['verdict']): AttestationResult => ({
  ...{ verdict, tier: 'software', reasons: [], proven: [], reported: [], appraisedAt: 1, validUntil: 2 },
})

/** A stream that begins with a result that says `unknown`, and whose welcome leaves when `left` is called. */
function begun() {
  const told: string[] = []
  const welcome = Promise.withResolvers<void>()
  const live = sessions()
  const components = {
    ...{ clock: new FakeClock(), sessions: live, catalogues: { offer: () => undefined } },
    authority: {
      signAcknowledgement: (_: string, { result }: { result: AttestationResult }) => result.verdict,
    },
  }
  const connection = {
    sent: () => welcome.promise,
    send: (frame: string) => told.push(frame),
  }
  const own = { connection, authenticated: { device: 'd', epoch: 1 }, result: resultOf('unknown') }
  // Of all its components and settings the stream uses these when nothing comes.
  const parts = [components, {}, own] as unknown as ConstructorParameters<typeof DeviceStream>
  void new DeviceStream(...parts).enter()
  return { told, left: welcome.resolve, session: () => live.get('d') }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('the first result leaves once the welcome has left, and once', async () => {
  const { told, left } = begun()
  await turn()
  expect(told).toEqual([])
  left()
  await turn()
  expect(told).toEqual(['unknown'])
})

test('it is not told after one that is newer', async () => {
  const { told, left, session } = begun()
  session()?.sendResult(resultOf('stale'))
  left()
  await turn()
  expect(told).toEqual(['stale'])
})

test('an order that comes before it is sent at once', async () => {
  const { told, left, session } = begun()
  session()?.sendOrder('order')
  left()
  await turn()
  expect(told).toEqual(['order', 'unknown'])
})
