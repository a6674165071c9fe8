import { type Command, Option } from 'commander'
import {
  CLAIM_STATES,
  type ClaimAcceptance,
  type ClaimRefusal,
  type ClaimState,
  type ClaimView,
  claimPageReader,
  claimReader,
} from '../../protocol/api/claims.ts'
import { CLAIM_ID } from '../../protocol/ids.ts'
import { ago, hanging, table } from '../../view/terminal.ts'
import {
  answer,
  answerList,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { isoTime } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'
import { itemIdOf, type NamedItems } from '../names/name-item.ts'

/** Claims: users of devices say which agents are theirs, and a person accepts or refuses it. */

const NAMED_CLAIMS: NamedItems<ClaimView> = {
  wholeId: new RegExp(CLAIM_ID),
  path: '/claims',
  reader: claimPageReader,
  noun: 'claim',
  list: 'claims list',
  preferred: ({ state }) => state === 'pending',
  describe: ({ id, product, user, host }) => `${id} (${product} of ${user.name} on ${host})`,
}

const CLAIM_WORDS = `its id, at least eight characters of its beginning, or its device: ${DEVICE_WORDS}`

export function addClaimCommands(program: Command, components: CommandComponents): void {
  const claims = program.command('claims').description('agents that users of devices say are theirs')
  addReads(claims, components)
  addAccept(claims, components)
  addRefuse(claims, components)
}

interface ListOptions extends CommonOptions {
  readonly state?: ClaimState
  readonly all?: boolean
  readonly device?: string
}

function addReads(claims: Command, components: CommandComponents): void {
  withApiOptions(claims.command('list').description('claims that wait for a decision, newest first'))
    .addOption(new Option('--state <state>', 'those of this state').choices(CLAIM_STATES).conflicts('all'))
    .option('--all', 'those already decided too')
    .option('--device <device>', `of this device: ${DEVICE_WORDS}`)
    .addHelpText('after', examples('surety-directory claims list', 'surety-directory claims list --all --json'))
    .action(async (options: ListOptions) => {
      const api = await openApi(components, options)
      const state = options.state ?? (options.all === true ? undefined : 'pending')
      const device = options.device === undefined ? undefined : await deviceIdOf(api, options.device)
      await answerList(components, options, {
        path: `/claims${queryOf({ state, device })}`,
        member: 'claims',
        schema: 'claims',
        none: 'no claim waits for a decision',
        reader: claimPageReader,
        lines: (listed) => claimTable(components, listed),
      })
    })
  withApiOptions(claims.command('show').description('show one claim, and who may decide'))
    .argument('<claim>', CLAIM_WORDS)
    .addHelpText('after', examples('surety-directory claims show clm_4fG2aB', 'surety-directory claims show laptop-7'))
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const claim = await api.ask('GET', await pathOf(api, wanted), claimReader)
      answer(components, options, { schema: 'surety-directory/claim@1', claim }, () => claimLines(components, claim))
    })
}

interface AcceptOptions extends CommonOptions {
  readonly human?: string
  readonly name?: string
  readonly reason?: string
}

function addAccept(claims: Command, components: CommandComponents): void {
  withApiOptions(claims.command('accept').description('register the agent, owned by the human who claims it'))
    .argument('<claim>', CLAIM_WORDS)
    .option('--human <human>', 'whose account it is, by id, user name or email; confirms the account')
    .option('--name <text>', 'name of the registration; default: what the user calls it')
    .option('--reason <text>', 'for the user of the device and the record')
    .addHelpText(
      'after',
      examples('surety-directory claims accept clm_4fG2aB', 'surety-directory claims accept laptop-7 --human ada'),
    )
    .action(async (wanted: string, options: AcceptOptions) => {
      const { human, name, reason } = options
      const body: ClaimAcceptance = {
        ...(human === undefined ? {} : { human }),
        ...(name === undefined ? {} : { name }),
        ...(reason === undefined ? {} : { reason }),
      }
      const api = await openApi(components, options)
      tell(components, options, await api.ask('POST', `${await pathOf(api, wanted)}/accept`, claimReader, body))
    })
}

function addRefuse(claims: Command, components: CommandComponents): void {
  withApiOptions(claims.command('refuse').description('refuse a claim'))
    .argument('<claim>', CLAIM_WORDS)
    .requiredOption('--reason <text>', 'for the user of the device and the record')
    .addHelpText(
      'after',
      examples(
        'surety-directory claims refuse clm_4fG2aB --reason "use the one of your team"',
        'surety-directory claims refuse laptop-7 --reason "not allowed here" --json',
      ),
    )
    .action(async (wanted: string, options: CommonOptions & ClaimRefusal) => {
      const body: ClaimRefusal = { reason: options.reason }
      const api = await openApi(components, options)
      tell(components, options, await api.ask('POST', `${await pathOf(api, wanted)}/refuse`, claimReader, body))
    })
}

function tell(components: CommandComponents, options: CommonOptions, claim: ClaimView): void {
  answer(components, options, { schema: 'surety-directory/claim@1', claim }, () => [
    `claim ${claim.id} of ${claim.product} is ${claim.state}`,
    ...(claim.registration === undefined ? [] : [`registered as ${claim.registration}`]),
  ])
}

async function pathOf(api: ApiClient, wanted: string): Promise<string> {
  return `/claims/${await itemIdOf(api, wanted, NAMED_CLAIMS)}`
}

function claimTable({ terminal, now }: CommandComponents, claims: readonly ClaimView[]): readonly string[] {
  const rows = claims.map((claim) => ({
    cells: [
      claim.id,
      claim.state,
      claim.product,
      userWords(claim),
      claim.host,
      ago(claim.receivedAt, now()),
      claim.purpose,
    ],
  }))
  return table(rows, terminal, { heading: ['ID', 'STATE', 'PRODUCT', 'USER', 'HOST', 'RECEIVED', 'PURPOSE'] })
}

/** The user of the device, and the human as far as that is known. */
function userWords({ user, humanName, proposed, byRoot }: ClaimView): string {
  const human = humanName ?? (proposed === undefined ? 'not confirmed' : `${proposed}?`)
  return `${user.name} (${human})${byRoot === true ? ', by root' : ''}`
}

const LABEL_WIDTH = 14

function claimLines({ terminal }: CommandComponents, claim: ClaimView): readonly string[] {
  const { id, state, product, device, host, sighting, purpose, name, until, claimedAt, manager } = claim
  const { decidedBy, decidedAt, reason, registration } = claim
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Claim', `${id}, ${state}`],
    ['Agent', `${product}, sighting ${sighting}`],
    ['Device', `${host} (${device})`],
    ['User', `${userWords(claim)}, ${claim.byRoot === true ? 'as root says' : 'as the kernel of the device says'}`],
    ['Manager', manager],
    ['Name', name],
    ['Purpose', purpose],
    ['Until', until === undefined ? undefined : isoTime(until)],
    ['Claimed', `${isoTime(claimedAt)}, by the clock of the device`],
    ['Decided', decidedAt === undefined ? undefined : `${isoTime(decidedAt)} by ${decidedBy}`],
    ['Reason', reason],
    ['Registration', registration],
  ]
  return facts.flatMap(([label, text]) => (text === undefined ? [] : hanging(terminal, label, LABEL_WIDTH, text)))
}
