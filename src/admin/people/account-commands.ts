import { type Command, Option } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { PERSON } from '../../protocol/noun/words.ts'
import {
  ACCOUNT_STATES,
  type AccountState,
  type AccountView,
  accountPageReader,
  accountReader,
  confirmedAccountsReader,
  people,
} from '../../protocol/nouns/people/people.ts'
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
import { countOf, isoTime, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'
import { idOf } from '../nouns/call.ts'

/** `accounts`: which user of which device is which person. */

interface ListOptions extends FormatOptions {
  readonly state?: AccountState
  readonly device?: string
  readonly person?: string
  /** As `person`. */
  readonly human?: string
}

interface ConfirmOptions extends ConsentOptions {
  readonly person?: string
  /** As `person`. */
  readonly human?: string
  readonly allProposed?: boolean
}

export function addAccountCommands(program: Command, components: CommandComponents): void {
  const accounts = program.command('accounts').description('device accounts and the people they belong to')
  withFormat(withApiOptions(accounts.command('list').description('users under whom agents were seen')))
    .option('--state <state>', `only those that are ${ACCOUNT_STATES.join(', ')}`, oneOf('state', ACCOUNT_STATES))
    .option('--device <device>', `only those of this device: ${DEVICE_WORDS}`)
    .option('--person <person>', `only those of this person: ${PERSON}`)
    .addOption(new Option('--human <person>', 'as --person').hideHelp())
    .addHelpText(
      'after',
      examples(
        'surety-directory accounts list --state proposed',
        'surety-directory accounts list --person ada@example.org --json',
      ),
    )
    .action(async (options: ListOptions) => {
      const api = await openApi(components, options)
      const { state, device, human, person = human } = options
      const filters = {
        state,
        device: device === undefined ? undefined : await deviceIdOf(api, device),
        human: person === undefined ? undefined : await idOf(api, people, person),
      }
      const items = await allPages(api, `/accounts${queryOf(filters)}`, accountPageReader)
      await printList<AccountView>(components, options, {
        items,
        columns: COLUMNS,
        idOf: ({ device: on, userId }) => `${on} ${userId}`,
        document: { schema: 'surety-directory/accounts@1', accounts: items },
        footer: items.length === 0 ? 'no accounts' : countOf(items.length, 'account'),
      })
    })
  withConsent(withApiOptions(accounts.command('confirm').description('confirm whose account it is, once')))
    .argument('[device]', DEVICE_WORDS)
    .argument('[user]', 'the user on the device: uid, SID or name')
    .option('--person <person>', `the person, if not the one who is proposed: ${PERSON}`)
    .addOption(new Option('--human <person>', 'as --person').hideHelp())
    .option('--all-proposed', 'all proposed accounts, or those of the device, as they are proposed')
    .addHelpText(
      'after',
      examples(
        'surety-directory accounts confirm lap-0042 ada',
        'surety-directory accounts confirm lap-0042 1001 --person bob',
        'surety-directory accounts confirm --all-proposed --yes',
      ),
    )
    .action((device: string | undefined, user: string | undefined, options: ConfirmOptions) =>
      options.allProposed === true
        ? confirmAll(components, options, device, user)
        : confirmOne(components, options, device, user),
    )
  withApiOptions(accounts.command('release').description('unlink an account from its person'))
    .argument('<device>', DEVICE_WORDS)
    .argument('<user>', 'the user on the device: uid, SID or name')
    .requiredOption('--reason <text>', 'why; the audit keeps it')
    .addHelpText(
      'after',
      examples(
        'surety-directory accounts release lap-0042 ada --reason "bob has the laptop now"',
        'surety-directory accounts release lap-0042 1001 --reason mistaken --json',
      ),
    )
    .action(
      async (wanted: string, user: string, { reason, ...options }: CommonOptions & { readonly reason: string }) => {
        const api = await openApi(components, options)
        const device = await deviceIdOf(api, wanted)
        const account = await api.ask('POST', '/accounts/release', accountReader, { device, user, reason })
        answerAccount(components, options, account, 'belongs to nobody now')
      },
    )
}

async function confirmOne(
  components: CommandComponents,
  { human, person = human, ...options }: ConfirmOptions,
  wanted: string | undefined,
  user: string | undefined,
): Promise<void> {
  if (wanted === undefined || user === undefined) {
    throw new SuretyError('USAGE_INVALID', 'name a device and one of its users, or give --all-proposed')
  }
  const api = await openApi(components, options)
  const device = await deviceIdOf(api, wanted)
  const account = await api.ask('POST', '/accounts/confirmation', accountReader, { device, user, human: person })
  answerAccount(components, options, account, `is confirmed for ${account.human}`)
}

async function confirmAll(
  components: CommandComponents,
  { human, person = human, ...options }: ConfirmOptions,
  wanted: string | undefined,
  user: string | undefined,
): Promise<void> {
  if (person !== undefined || user !== undefined) {
    throw new SuretyError('USAGE_INVALID', '--all-proposed goes with neither a user nor --person')
  }
  const api = await openApi(components, options)
  const device = wanted === undefined ? undefined : await deviceIdOf(api, wanted)
  const where = wanted === undefined ? '' : ` of ${wanted}`
  await requireConsent(components, options, {
    act: `Confirm all proposed accounts${where} as they are proposed`,
    permission: { api, action: 'identify' },
  })
  let confirmed = 0
  for (let more = true; more; ) {
    const some = await api.ask('POST', '/accounts/confirmations', confirmedAccountsReader, { device })
    confirmed += some.confirmed
    more = some.more
  }
  answer(components, options, { schema: 'surety-directory/confirmed-accounts@1', confirmed }, () => [
    `${countOf(confirmed, 'account')} confirmed`,
  ])
}

function answerAccount(
  components: CommandComponents,
  options: CommonOptions,
  account: AccountView,
  done: string,
): void {
  answer(components, options, { schema: 'surety-directory/account@1', account }, () => [
    `the account ${JSON.stringify(account.userName)} (${account.userId}) on ${account.device} ${done}`,
  ])
}

const COLUMNS: readonly Column<AccountView>[] = [
  { heading: 'DEVICE', cell: ({ device }) => device },
  { heading: 'USER', cell: ({ userName }) => userName },
  { heading: 'USER ID', cell: ({ userId }) => userId },
  { heading: 'STATE', cell: ({ state }) => state },
  { heading: 'PERSON', cell: ({ human }) => human ?? '-', value: ({ human }) => human },
  { heading: 'SEEN', wide: true, cell: ({ seenAt }) => timeOf(seenAt), value: ({ seenAt }) => isoTime(seenAt) },
  {
    heading: 'CONFIRMED',
    wide: true,
    cell: ({ confirmedAt }) => timeOf(confirmedAt),
    value: ({ confirmedAt }) => isoTime(confirmedAt),
  },
  { heading: 'BY', wide: true, cell: ({ confirmedBy }) => confirmedBy ?? '-', value: ({ confirmedBy }) => confirmedBy },
]
