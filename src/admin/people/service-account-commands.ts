import { type Command, InvalidArgumentError } from 'commander'
import {
  MAX_SERVICE_ACCOUNT_MS,
  SERVICE_ACCOUNT_STATUSES,
  type ServiceAccountStatus,
  type ServiceAccountView,
  serviceAccountPageReader,
  serviceAccountReader,
} from '../../protocol/api/service-accounts.ts'
import { SERVICE_ACCOUNT_ID } from '../../protocol/ids.ts'
import {
  allPages,
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  oneOf,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { countOf, facts, isoTime, parseDuration, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { HUMAN_WORDS, humanIdOf } from '../names/name-human.ts'
import { itemIdOf, type NamedItems } from '../names/name-item.ts'

/** `service-accounts`: identities of programs, each with an owner, a purpose and an end. */

interface AddOptions extends CommonOptions {
  readonly owner: string
  readonly purpose: string
  readonly expires: number
  readonly successor?: string
}

interface ChangeOptions extends CommonOptions {
  readonly owner?: string
  readonly purpose?: string
  readonly expires?: number
  readonly successor?: string | boolean
}

interface ListOptions extends FormatOptions {
  readonly status?: ServiceAccountStatus
  readonly owner?: string
}

const WORDS = 'its name, id, or at least eight characters of its beginning'
const EXPIRES = 'when it ends, from now: 90d, at most 366d'

export function addServiceAccountCommands(program: Command, components: CommandComponents): void {
  const accounts = program
    .command('service-accounts')
    .description('non-agent program identities, each with an owner and an expiry date')
  withApiOptions(accounts.command('add').description('add a service account'))
    .argument('<name>')
    .requiredOption('--owner <human>', `who answers for it: ${HUMAN_WORDS}`)
    .requiredOption('--purpose <text>', 'what it is for')
    .requiredOption('--expires <time>', EXPIRES, readTime)
    .option('--successor <human>', 'who gets it when the owner leaves, once they have accepted')
    .addHelpText(
      'after',
      examples(
        'surety-directory service-accounts add nightly-build --owner ada --purpose "builds releases" --expires 90d',
        'surety-directory service-accounts add backup --owner ada --successor bob --purpose backups --expires 366d --json',
      ),
    )
    .action(async (name: string, { owner, purpose, expires, successor, ...options }: AddOptions) => {
      const request = { name, owner, purpose, successor, expiresAt: components.now() + expires }
      const path = '/service-accounts'
      const account = await (await openApi(components, options)).ask('POST', path, serviceAccountReader, request)
      answerAccount(components, options, account, `${account.id} is ${JSON.stringify(account.name)}`)
    })
  withFormat(withApiOptions(accounts.command('list').description('service accounts in the order in which they came')))
    .option(
      '--status <status>',
      `only those that are ${SERVICE_ACCOUNT_STATUSES.join(' or ')}`,
      oneOf('status', SERVICE_ACCOUNT_STATUSES),
    )
    .option('--owner <human>', `only those of this human: ${HUMAN_WORDS}`)
    .addHelpText(
      'after',
      examples(
        'surety-directory service-accounts list --status active',
        'surety-directory service-accounts list --owner ada -o csv',
      ),
    )
    .action((options: ListOptions) => listAccounts(components, options))
  withApiOptions(accounts.command('show').description('a service account'))
    .argument('<service account>', WORDS)
    .addHelpText(
      'after',
      examples(
        'surety-directory service-accounts show nightly-build',
        'surety-directory service-accounts show sac_4fG2 --json',
      ),
    )
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const account = await api.ask('GET', await pathOf(api, wanted), serviceAccountReader)
      answer(components, options, { schema: 'surety-directory/service-account@1', serviceAccount: account }, () =>
        accountFacts(account),
      )
    })
  withApiOptions(accounts.command('change').description('change owner, successor, purpose or end'))
    .argument('<service account>', WORDS)
    .option('--owner <human>', `another owner: ${HUMAN_WORDS}`)
    .option('--purpose <text>', 'another purpose')
    .option('--expires <time>', EXPIRES, readTime)
    .option('--successor <human>', 'another successor, who has to accept again')
    .option('--no-successor', 'remove the successor')
    .addHelpText(
      'after',
      examples(
        'surety-directory service-accounts change nightly-build --expires 180d',
        'surety-directory service-accounts change nightly-build --successor bob --json',
      ),
    )
    .action(async (wanted: string, { owner, purpose, expires, successor, ...options }: ChangeOptions) => {
      const api = await openApi(components, options)
      const expiresAt = expires === undefined ? undefined : components.now() + expires
      const next = successor === false ? null : successor === true ? undefined : successor
      const change = { owner, purpose, expiresAt, successor: next }
      const account = await api.ask('POST', await pathOf(api, wanted), serviceAccountReader, change)
      answerAccount(components, options, account, `${account.id} is changed`)
    })
  addEndings(accounts, components)
}

function addEndings(accounts: Command, components: CommandComponents): void {
  withApiOptions(accounts.command('accept').description('the successor agrees to get it when the owner leaves'))
    .argument('<service account>', WORDS)
    .addHelpText(
      'after',
      examples(
        'surety-directory service-accounts accept nightly-build',
        'surety-directory service-accounts accept sac_4fG2 --json',
      ),
    )
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const account = await api.ask('POST', `${await pathOf(api, wanted)}/acceptance`, serviceAccountReader)
      answerAccount(components, options, account, `${account.successor} gets ${account.id} when the owner leaves`)
    })
  withConsent(withApiOptions(accounts.command('end').description('end a service account before its time')))
    .argument('<service account>', WORDS)
    .requiredOption('--reason <text>', 'why; the audit keeps it')
    .addHelpText(
      'after',
      examples(
        'surety-directory service-accounts end nightly-build --reason "builds run elsewhere"',
        'surety-directory service-accounts end sac_4fG2 --reason replaced --yes --json',
      ),
    )
    .action(async (wanted: string, { reason, ...options }: ConsentOptions & { readonly reason: string }) => {
      const api = await openApi(components, options)
      const path = await pathOf(api, wanted)
      await requireConsent(components, options, {
        act: `End the service account ${JSON.stringify(wanted)}`,
        permission: { api, action: 'identify' },
      })
      const account = await api.ask('POST', `${path}/end`, serviceAccountReader, { reason })
      answerAccount(components, options, account, `${account.id} has ended`)
    })
}

const NAMED: NamedItems<ServiceAccountView> = {
  wholeId: new RegExp(SERVICE_ACCOUNT_ID),
  path: '/service-accounts',
  reader: serviceAccountPageReader,
  noun: 'service account',
  list: 'service-accounts list',
  preferred: ({ status }) => status === 'active',
  describe: ({ id, name, status }) => `${id} (${name}, ${status})`,
}

async function pathOf(api: Parameters<typeof itemIdOf>[0], wanted: string): Promise<string> {
  return `/service-accounts/${await itemIdOf(api, wanted, NAMED)}`
}

async function listAccounts(components: CommandComponents, options: ListOptions): Promise<void> {
  const api = await openApi(components, options)
  const { status, owner } = options
  const filters = { status, owner: owner === undefined ? undefined : await humanIdOf(api, owner) }
  const items = await allPages(api, `/service-accounts${queryOf(filters)}`, serviceAccountPageReader)
  printList<ServiceAccountView>(components, options, {
    items,
    columns: COLUMNS,
    idOf: ({ id }) => id,
    document: { schema: 'surety-directory/service-accounts@1', serviceAccounts: items },
    footer: items.length === 0 ? 'no service accounts' : countOf(items.length, 'service account'),
  })
}

/** @throws `InvalidArgumentError`. */
function readTime(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d, such as 90d')
  if (ms > MAX_SERVICE_ACCOUNT_MS) throw new InvalidArgumentError('a service account ends within 366 days')
  return ms
}

function answerAccount(
  components: CommandComponents,
  options: CommonOptions,
  serviceAccount: ServiceAccountView,
  done: string,
): void {
  answer(components, options, { schema: 'surety-directory/service-account@1', serviceAccount }, () => [
    `${done}; it ends at ${timeOf(serviceAccount.expiresAt)}`,
  ])
}

function accountFacts(account: ServiceAccountView): readonly string[] {
  const { id, name, purpose, owner, successor, successorAcceptedAt, status, expiresAt, createdAt } = account
  const accepted = successorAcceptedAt === undefined ? 'has not accepted' : `accepted ${timeOf(successorAcceptedAt)}`
  return facts([
    ...([
      ['name', name],
      ['id', id],
      ['status', status],
      ['purpose', purpose],
      ['owner', owner],
    ] as const),
    ...([['successor', successor === undefined ? 'none' : `${successor}, ${accepted}`]] as const),
    ...([
      ['ends', timeOf(expiresAt)],
      ['since', timeOf(createdAt)],
    ] as const),
  ])
}

const COLUMNS: readonly Column<ServiceAccountView>[] = [
  { heading: 'NAME', cell: ({ name }) => name },
  { heading: 'OWNER', cell: ({ owner }) => owner },
  { heading: 'STATUS', cell: ({ status }) => status },
  { heading: 'ENDS', cell: ({ expiresAt }) => timeOf(expiresAt), value: ({ expiresAt }) => isoTime(expiresAt) },
  { heading: 'PURPOSE', cell: ({ purpose }) => purpose },
  { heading: 'ID', cell: ({ id }) => id },
  { heading: 'SUCCESSOR', wide: true, cell: ({ successor }) => successor ?? '-', value: ({ successor }) => successor },
]
