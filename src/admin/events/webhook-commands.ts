import { resolve } from 'node:path'
import type { Command } from 'commander'
import { utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Webhook, WebhookDelivery } from '../../protocol/nouns/directory/webhooks.ts'
import { webhooks } from '../../protocol/nouns/directory/webhooks.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { countOf, facts, isoTime, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { readTextFile } from '../command/read-text-file.ts'
import { eventKindOf } from '../names/event-kind.ts'
import { call, idOf } from '../nouns/call.ts'
import { addNounCommands, type Run } from '../nouns/noun-commands.ts'

/** Webhooks: where the directory sends its events. */

const MOST_CA_BYTES = 64 * 1024

export function addWebhookCommands(program: Command, components: CommandComponents): void {
  const command = addNounCommands(program, components, webhooks, {
    show: async ({ options }, webhook) => answerWebhook(components, options, webhook),
    verbs: {
      add: async (run) => {
        const { url, events, ca } = await requestOf(run)
        await answerSecret(components, run, () => call(run.api, webhooks, 'add', { body: { url, events, ...ca } }))
      },
      rotate: (run) => answerSecret(components, run, () => call(run.api, webhooks, 'rotate', { id: run.id })),
      async enable({ api, id, options, body }) {
        const skip = body.skip === true
        answerWebhook(components, options, await call(api, webhooks, 'enable', { id, body: { skip } }))
      },
      async remove({ api, id, options }) {
        answerWebhook(components, options, await call(api, webhooks, 'remove', { id }), 'removed')
      },
      async test({ api, id, options }) {
        const delivery = await call(api, webhooks, 'test', { id })
        if (!delivery.delivered) {
          const why = delivery.problem ?? 'failed'
          throw new SuretyError('WEBHOOK_FAILED', `the receiver did not take the message: ${why}`)
        }
        answer(components, options, { schema: 'surety-directory/webhook-delivery@1', delivery }, () => [
          `delivered in ${delivery.ms} ms`,
        ])
      },
    },
  })
  addDeliveries(command, components)
}

function addDeliveries(command: Command, components: CommandComponents): void {
  withFormat(withApiOptions(command.command('deliveries').description('the newest attempts, at most 200')))
    .argument('<webhook>', webhooks.called)
    .addHelpText(
      'after',
      examples(
        'surety-directory webhooks deliveries whk_Des0arl6',
        'surety-directory webhooks deliveries hooks.example.org -o csv',
      ),
    )
    .action(async (wanted: string, options: FormatOptions) => {
      const api = await openApi(components, options)
      const { items } = await call(api, webhooks, 'deliveries', { id: await idOf(api, webhooks, wanted) })
      await printList<WebhookDelivery>(components, options, {
        items,
        columns: DELIVERY_COLUMNS,
        idOf: ({ event }) => `${event ?? 'test'}`,
        footer: countOf(items.length, 'attempt'),
        document: { schema: 'surety-directory/webhook-deliveries@1', deliveries: items },
      })
    })
}

/** @throws `USAGE_INVALID`, `INPUT_MALFORMED`, `FILE_*`. */
async function requestOf({ words: [url = ''], options: { events, ca } }: Run) {
  const { protocol, hostname } = URL.parse(url) ?? {}
  const isLocal = protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname ?? '')
  if (protocol !== 'https:' && !isLocal) {
    const allowed = 'https://HOST/PATH, or http:// to localhost, 127.0.0.1 or [::1]'
    throw new SuretyError('USAGE_INVALID', `this is no URL of a webhook: give ${allowed}`)
  }
  const kinds = `${events}`.split(',').map((kind) => (kind === '*' ? kind : eventKindOf(kind)))
  return { url, events: kinds, ca: typeof ca === 'string' ? { ca: await readCertificates(ca) } : {} }
}

/** @throws `INPUT_MALFORMED` if there is none. */
async function readCertificates(file: string): Promise<string> {
  const text = await readTextFile(file, { maxBytes: MOST_CA_BYTES })
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new SuretyError('INPUT_MALFORMED', `${file} holds no PEM certificate: give the CA of the receiver`)
}

async function answerSecret(
  components: CommandComponents,
  { options }: Run,
  make: () => Promise<{ readonly webhook: Webhook; readonly secret: string }>,
): Promise<void> {
  const path = typeof options.out === 'string' ? resolve(options.out) : undefined
  // Before the secret is made: else it would be lost where the file cannot be written.
  await using file = path === undefined ? undefined : await newFile(path)
  const { webhook, secret } = await make()
  const schema = 'surety-directory/webhook-secret@1'
  if (file === undefined) {
    answer(components, options, { schema, webhook, secret }, () => [
      ...factsOf(webhook),
      ...facts([['secret', secret]]),
    ])
    return
  }
  await file.fill(utf8(`${secret}\n`))
  answer(components, options, { schema, webhook, secretFile: path }, () => [
    ...factsOf(webhook),
    ...facts([['secret', path]]),
  ])
}

function answerWebhook(components: CommandComponents, options: CommonOptions, webhook: Webhook, act?: string): void {
  answer(components, options, { schema: 'surety-directory/webhook@1', webhook }, () => [
    ...(act === undefined ? [] : [`${webhook.id} is ${act}`]),
    ...factsOf(webhook),
  ])
}

function factsOf(webhook: Webhook): readonly string[] {
  return facts([
    ['webhook', webhook.id],
    ['url', webhook.url],
    ['events', webhook.events.join(', ')],
    ['state', webhook.state],
    ['problem', webhook.problem],
    ['behind', countOf(webhook.behind, 'event')],
    ['delivered', timeOf(webhook.deliveredAt)],
    ['next attempt', webhook.nextAttemptAt === undefined ? undefined : timeOf(webhook.nextAttemptAt)],
    ['old secret until', webhook.oldSecretUntil === undefined ? undefined : timeOf(webhook.oldSecretUntil)],
  ])
}

const DELIVERY_COLUMNS: readonly Column<WebhookDelivery>[] = [
  { heading: 'TIME', cell: ({ at }) => timeOf(at), value: ({ at }) => isoTime(at) },
  { heading: 'EVENT', cell: ({ event }) => `${event ?? 'test'}` },
  { heading: 'OUTCOME', cell: ({ delivered }) => (delivered ? 'delivered' : 'failed') },
  { heading: 'STATUS', cell: ({ status }) => `${status ?? '-'}` },
  { heading: 'MS', cell: ({ ms }) => `${ms}` },
  { heading: 'PROBLEM', cell: ({ problem }) => problem ?? '-', value: ({ problem }) => problem },
]
