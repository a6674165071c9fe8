import { sessions } from '../../../src/directory/ingress/sessions.ts'
import { DeviceStream } from '../../../src/directory/ingress/stream.ts'
import type { AttestationResult } from '../../../src/protocol/messages/attestation-result.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const resultOf = (verdict: AttestationResult['verdict']): AttestationResult => ({
  verdict,
  tier: 'software',
  reasons: [],
  proven: [],
  reported: [],
  appraisedAt: 1,
  validUntil: 2,
})

/** A stream whose first result is `unknown`. The welcome leaves when `left` is called. */
function begun(missed: readonly string[] = []) {
  const sent: string[] = []
  const welcome = Promise.withResolvers<void>()
  const live = sessions()
  const components = {
    clock: new FakeClock(),
    sessions: live,
    catalogues: { offer: () => undefined },
    gatePolicies: { offer: () => undefined },
    claims: { decisions: () => [] },
    registry: { standing: async () => ({ status: 'active', epoch: 1 }), result: async () => undefined },
    orders: { after: async () => missed },
    authority: {
      signAcknowledgement: (_: string, { result }: { result: AttestationResult }) => result.verdict,
    },
  }
  const connection = {
    sent: () => welcome.promise,
    send: (frame: string) => sent.push(frame),
  }
  const welcomed = { order: 0, orders: [], more: ['more'] }
  const own = { connection, authenticated: { device: 'd', epoch: 1 }, welcomed, result: resultOf('unknown') }
  // The components and settings that an idle stream uses.
  const parts = [components, {}, own] as unknown as ConstructorParameters<typeof DeviceStream>
  void new DeviceStream(...parts).enter()
  return { sent, left: welcome.resolve, session: () => live.get('d') }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('sends the first result once, after the welcome has left', async () => {
  const { sent, left } = begun()
  await turn()
  expect(sent).toEqual([])
  left()
  await turn()
  expect(sent).toEqual(['unknown'])
})

test('does not send the first result after a newer one', async () => {
  const { sent, left, session } = begun()
  await session()?.sendResult(resultOf('stale'))
  left()
  await turn()
  expect(sent).toEqual(['stale'])
})

test('sends an earlier order at once', async () => {
  const { sent, left, session } = begun()
  session()?.sendOrder('order')
  left()
  await turn()
  expect(sent).toEqual(['order', 'unknown'])
})

test('sends orders that were issued since the welcome once, before later ones', async () => {
  const { sent, left, session } = begun(['more', 'missed', 'held'])
  session()?.sendOrder('held')
  session()?.sendOrder('later')
  await turn()
  expect(sent).toEqual(['missed', 'held', 'later'])
  session()?.sendOrder('last')
  left()
  await turn()
  expect(sent).toEqual(['missed', 'held', 'later', 'last', 'unknown'])
})
