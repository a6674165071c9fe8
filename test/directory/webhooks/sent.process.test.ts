import { Webhook as Verifier } from 'standardwebhooks'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { createdStopReader } from '../../../src/protocol/nouns/agents/stops.ts'
import { webhookReader, webhookSecretReader } from '../../../src/protocol/nouns/directory/webhooks.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { serveDirectory } from '../../support/directory/directory-process.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type Receiver, startReceiver } from './receiver.ts'

/** A directory as people run it sends by itself, also what happened before it was killed. */

const patiently = <T>(until: (seen: T) => boolean) => ({
  until,
  withinMs: scaledMs(30_000),
  everyMs: 100,
  show: (seen: T) => JSON.stringify(seen).slice(0, 2_000),
})

const stopsSent = ({ got }: Receiver) =>
  got.map(({ body }) => JSON.parse(body)).filter(({ type }) => type === 'stop-created')

test(
  'delivers each event in order, verified, through failures and a killed directory',
  async () => {
    using folder = temporaryFolder()
    await using receiver = await startReceiver()
    const first = await serveDirectory(folder.path)
    const api = () => apiClient(profileOf(folder.path))
    const request = { url: receiver.url, events: ['stop-created'] }
    const { webhook, secret } = await api().ask('POST', '/webhooks', webhookSecretReader, request)
    const reasons: string[] = []
    const stop = async (reason: string) => {
      reasons.push(reason)
      await api().ask('POST', '/stops', createdStopReader, { kind: 'freeze', selector: { product: 'codex' }, reason })
    }
    await stop('first')
    await waitFor(
      'the first',
      () => Promise.resolve(stopsSent(receiver)),
      patiently((sent) => sent.length === 1),
    )
    receiver.answerWith((response) => void response.writeHead(503).end())
    await stop('while it fails')
    const state = () => api().ask('GET', `/webhooks/${webhook.id}`, webhookReader)
    await waitFor(
      'the failure',
      state,
      patiently((seen) => seen.state === 'failing'),
    )
    await stop('before the kill')
    first.kill('SIGKILL')
    await first.ended
    receiver.got.length = 0
    receiver.answerWith((response) => void response.writeHead(204).end())
    await using _second = await serveDirectory(folder.path)
    await stop('after it')
    await waitFor(
      'the others',
      () => Promise.resolve(stopsSent(receiver)),
      patiently((sent) => sent.length >= 3),
    )
    expect(stopsSent(receiver).map(({ data }) => data.facts.reason)).toEqual(reasons.slice(1))
    for (const { headers, body } of receiver.got) new Verifier(secret).verify(body, headers)
    expect(await state()).toMatchObject({ state: 'active' })
  },
  scaledMs(120_000),
)
