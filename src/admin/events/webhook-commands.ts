import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import {
  type Webhook,
  type WebhookDelivery,
  webhookDeliveryListReader,
  webhookDeliveryReader,
  webhookListReader,
  webhookReader,
  webhookSecretReader,
} from '../../protocol/api/webhooks.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { countOf, facts, isoTime, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { readTextFile } from '../command/read-text-file.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { itemIdOf, type NamedItems } from '../names/name-item.ts'
import { eventKindOf } from './event-words.ts'

/** Webhooks: where the directory sends its events. */

interface SecretOptions extends CommonOptions {
  readonly out?: string
}

interface AddOptions extends SecretOptions {
  readonly events: readonly string[]
  readonly ca?: string
}

const MOST_CA_BYTES = 64 * 1024

export function addWebhookCommands(program: Command, components: CommandComponents): void {
  const webhooks = program.command('webhooks').description('other systems that hear of events')
  addChanges(webhooks, components)
  withFormat(withApiOptions(webhooks.command('list').description('webhooks, and the state of each')))
    .addHelpText('after', examples('surety-directory webhooks list', 'surety-directory webhooks list --json'))
    .action(async (options: FormatOptions) => {
      const { items } = await (await openApi(components, options)).ask('GET', '/webhooks', webhookListReader)
      printList<Webhook>(components, options, {
        items,
        columns: COLUMNS,
        idOf: ({ id }) => id,
        footer: countOf(items.length, 'webhook'),
        document: { schema: 'surety-directory/webhooks@1', webhooks: items },
      })
    })
  withApiOptions(webhooks.command('show').description('one webhook'))
    .argument('<webhook>', WEBHOOK_WORDS)
    .addHelpText(
      'after',
      examples(
        'surety-directory webhooks show whk_Des0arl6',
        'surety-directory webhooks show hooks.example.org --json',
      ),
    )
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      answerWebhook(components, options, await api.ask('GET', await pathOf(api, wanted), webhookReader))
    })
  withFormat(withApiOptions(webhooks.command('deliveries').description('the newest attempts, at most 200')))
    .argument('<webhook>', WEBHOOK_WORDS)
    .addHelpText(
      'after',
      examples(
        'surety-directory webhooks deliveries whk_Des0arl6',
        'surety-directory webhooks deliveries hooks.example.org -o csv',
      ),
    )
    .action(async (wanted: string, options: FormatOptions) => {
      const api = await openApi(components, options)
      const path = `${await pathOf(api, wanted)}/deliveries`
      const { items } = await api.ask('GET', path, webhookDeliveryListReader)
      printList<WebhookDelivery>(components, options, {
        items,
        columns: DELIVERY_COLUMNS,
        idOf: ({ event }) => `${event ?? 'test'}`,
        footer: countOf(items.length, 'attempt'),
        document: { schema: 'surety-directory/webhook-deliveries@1', deliveries: items },
      })
    })
  withApiOptions(webhooks.command('test').description('send a message of type test now'))
    .argument('<webhook>', WEBHOOK_WORDS)
    .addHelpText(
      'after',
      examples(
        'surety-directory webhooks test whk_Des0arl6',
        'surety-directory webhooks test hooks.example.org --json',
      ),
    )
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const delivery = await api.ask('POST', `${await pathOf(api, wanted)}/test`, webhookDeliveryReader)
      if (!delivery.delivered) {
        throw new SuretyError(
          'WEBHOOK_FAILED',
          `the receiver did not take the message: ${delivery.problem ?? 'failed'}`,
        )
      }
      answer(components, options, { schema: 'surety-directory/webhook-delivery@1', delivery }, () => [
        `delivered in ${delivery.ms} ms`,
      ])
    })
}

function addChanges(webhooks: Command, components: CommandComponents): void {
  withSecret(webhooks.command('add').description('send events to a URL from now on; gives out the secret, once'))
    .argument('<url>', 'https://HOST/PATH, or http://localhost', readUrl)
    .requiredOption(
      '--events <kinds>',
      'kinds of events (see events kinds), separated by commas, or * for all',
      readKinds,
    )
    .option('--ca <file>', 'the only certificates that are trusted, as PEM (default: public certificate authorities)')
    .addHelpText(
      'after',
      examples(
        'surety-directory webhooks add https://hooks.example.org/surety --events unknown-agent-appeared,stop-created',
        'surety-directory webhooks add https://siem.example.org/in --events "*" --ca ca.pem --out webhook.secret',
      ),
    )
    .action(async (url: string, options: AddOptions) => {
      const ca = options.ca === undefined ? undefined : await readCertificates(options.ca)
      const request = { url, events: options.events, ...(ca === undefined ? {} : { ca }) }
      await answerSecret(components, options, (api) => api.ask('POST', '/webhooks', webhookSecretReader, request))
    })
  withSecret(webhooks.command('rotate').description('make a new secret; the one before signs too for a day'))
    .argument('<webhook>', WEBHOOK_WORDS)
    .addHelpText(
      'after',
      examples(
        'surety-directory webhooks rotate whk_Des0arl6',
        'surety-directory webhooks rotate hooks.example.org --out webhook.secret',
      ),
    )
    .action((wanted: string, options: SecretOptions) =>
      answerSecret(components, options, async (api) =>
        api.ask('POST', `${await pathOf(api, wanted)}/rotate`, webhookSecretReader),
      ),
    )
  withApiOptions(webhooks.command('enable').description('send again what waits at a disabled or failing webhook'))
    .argument('<webhook>', WEBHOOK_WORDS)
    .option('--skip', 'leave out what waits: continue with the next event')
    .addHelpText(
      'after',
      examples('surety-directory webhooks enable whk_Des0arl6', 'surety-directory webhooks enable whk_Des0arl6 --skip'),
    )
    .action(async (wanted: string, options: CommonOptions & { readonly skip?: boolean }) => {
      const api = await openApi(components, options)
      const path = `${await pathOf(api, wanted)}/enable`
      const enabled = await api.ask('POST', path, webhookReader, { skip: options.skip === true })
      answerWebhook(components, options, enabled)
    })
  withConsent(withApiOptions(webhooks.command('remove').description('send nothing more there')))
    .argument('<webhook>', WEBHOOK_WORDS)
    .addHelpText(
      'after',
      examples(
        'surety-directory webhooks remove whk_Des0arl6',
        'surety-directory webhooks remove hooks.example.org --yes',
      ),
    )
    .action(async (wanted: string, options: ConsentOptions) => {
      const api = await openApi(components, options)
      const path = await pathOf(api, wanted)
      const { id, url } = await api.ask('GET', path, webhookReader)
      await requireConsent(components, options, {
        act: `Remove the webhook ${id} to ${hostOf(url)}`,
        permission: { api, action: 'configure' },
      })
      answerWebhook(components, options, await api.ask('DELETE', path, webhookReader), 'removed')
    })
}

function readUrl(text: string): string {
  const { protocol, hostname } = URL.parse(text) ?? {}
  const isLocal = protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname ?? '')
  if (protocol === 'https:' || isLocal) return text
  throw new InvalidArgumentError('a webhook is https://HOST/PATH, or http:// to localhost, 127.0.0.1 or [::1]')
}

function readKinds(text: string): readonly string[] {
  return text.split(',').map((kind) => (kind === '*' ? kind : eventKindOf(kind)))
}

/** @throws `INPUT_MALFORMED` if there is none. */
async function readCertificates(file: string): Promise<string> {
  const text = await readTextFile(file, { maxBytes: MOST_CA_BYTES })
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new SuretyError('INPUT_MALFORMED', `${file} holds no PEM certificate: give the CA of the receiver`)
}

function withSecret(command: Command): Command {
  return withApiOptions(command).option('--out <file>', 'write the secret to this new file (mode 0600)')
}

const WEBHOOK_WORDS = 'its id, at least eight characters of its beginning, or its host'

const NAMED: Pick<NamedItems<Webhook>, 'noun' | 'list'> = { noun: 'webhook', list: 'webhooks list' }

/** There are few webhooks: they are looked through here. */
async function pathOf(api: ApiClient, wanted: string): Promise<string> {
  const matching: ApiClient = {
    async ask(method, path, reader, body) {
      const { items } = await api.ask(method, path.replace(/\?.*$/, ''), webhookListReader, body)
      const isMeant = ({ id, url }: Webhook) => (wanted.length >= 8 && id.startsWith(wanted)) || hostOf(url) === wanted
      return reader.read({ items: items.filter(isMeant) })
    },
  }
  const id = await itemIdOf(matching, wanted, {
    ...NAMED,
    wholeId: /^whk_[\w-]{22}$/,
    path: '/webhooks',
    reader: webhookListReader,
    preferred: () => true,
    describe: ({ id: one, url }) => `${one} to ${hostOf(url)}`,
  })
  return `/webhooks/${id}`
}

async function answerSecret(
  components: CommandComponents,
  options: SecretOptions,
  make: (api: ApiClient) => Promise<{ readonly webhook: Webhook; readonly secret: string }>,
): Promise<void> {
  const api = await openApi(components, options)
  const path = options.out === undefined ? undefined : resolve(options.out)
  // Before the secret is made: else it would be lost where the file cannot be written.
  await using file = path === undefined ? undefined : await newFile(path)
  const { webhook, secret } = await make(api)
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

const COLUMNS: readonly Column<Webhook>[] = [
  { heading: 'ID', cell: ({ id }) => id },
  { heading: 'HOST', cell: ({ url }) => hostOf(url) },
  { heading: 'STATE', cell: ({ state }) => state },
  { heading: 'BEHIND', cell: ({ behind }) => countOf(behind), value: ({ behind }) => `${behind}` },
  {
    heading: 'DELIVERED',
    cell: ({ deliveredAt }) => timeOf(deliveredAt),
    value: ({ deliveredAt }) => isoTime(deliveredAt),
  },
  { heading: 'EVENTS', cell: ({ events }) => events.join(' ') },
  { heading: 'PROBLEM', cell: ({ problem }) => problem ?? '-', value: ({ problem }) => problem, wide: true },
]

const DELIVERY_COLUMNS: readonly Column<WebhookDelivery>[] = [
  { heading: 'TIME', cell: ({ at }) => timeOf(at), value: ({ at }) => isoTime(at) },
  { heading: 'EVENT', cell: ({ event }) => `${event ?? 'test'}` },
  { heading: 'OUTCOME', cell: ({ delivered }) => (delivered ? 'delivered' : 'failed') },
  { heading: 'STATUS', cell: ({ status }) => `${status ?? '-'}` },
  { heading: 'MS', cell: ({ ms }) => `${ms}` },
  { heading: 'PROBLEM', cell: ({ problem }) => problem ?? '-', value: ({ problem }) => problem },
]

/** A path or a query may be a secret of the receiver. */
function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url
}
