import { type Command, InvalidArgumentError, Option } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { printable } from '../../base/text/printable.ts'
import { SEEN_AGENT_ID } from '../../protocol/ids.ts'
import { PERSON } from '../../protocol/noun/words.ts'
import {
  type InboxBlock,
  type InboxIgnore,
  type InboxMerge,
  type InboxRegistered,
  type InboxRegistration,
  inboxBlockedReader,
  inboxRegisteredReader,
  SEEN_STATES,
  type SeenAgentView,
  type SeenState,
  seenAgentPageReader,
  seenAgentReader,
} from '../../protocol/nouns/agents/inbox.ts'
import { registrations } from '../../protocol/nouns/agents/registrations.ts'
import { DAYS, RARE_DEVICES } from '../../protocol/nouns/devices/fleet.ts'
import { people } from '../../protocol/nouns/people/people.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { countOf } from '../command/format.ts'
import { type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { readUntil } from '../command/read-until.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'
import { itemIdOf, type NamedItems } from '../names/name-item.ts'
import { idOf } from '../nouns/call.ts'
import { answerCreated, type WaitOptions, withWait } from '../stops/stop-answers.ts'
import { inboxColumns, seenLines, seenWords } from './inbox-words.ts'

const NAMED_SEEN: NamedItems<SeenAgentView> = {
  wholeId: new RegExp(SEEN_AGENT_ID),
  path: '/inbox',
  reader: seenAgentPageReader,
  noun: 'unregistered agent',
  leastCharacters: 8,
  list: 'inbox list',
  preferred: () => true,
  describe: (agent) => `${agent.id} (${seenWords(agent)})`,
}

const AGENT_WORDS = 'its id, or at least eight characters of its beginning'

/** Agents as they are seen, and one decision about each. */
export function addInboxCommands(program: Command, components: CommandComponents): void {
  const inbox = program
    .command('inbox')
    .description('agents that are seen and not registered, and decisions about them')
  addList(inbox, components)
  addShow(inbox, components)
  addRegister(inbox, components)
  addMerge(inbox, components)
  addIgnore(inbox, components)
  addBlock(inbox, components)
}

interface ListOptions extends FormatOptions {
  readonly state?: SeenState | 'unregistered' | 'all'
  readonly product?: string
  readonly device?: string
  readonly person?: string
  /** As `person`. */
  readonly human?: string
  readonly registration?: string
  readonly autonomous?: boolean
  readonly deviating?: boolean
  readonly rare?: number
  readonly new?: number
  readonly search?: string
  readonly limit: number
}

const DEFAULT_SHOWN = 200

function addList(inbox: Command, components: CommandComponents): void {
  withFormat(withApiOptions(inbox.command('list').description('agents that wait for a decision, newest first')))
    .addOption(
      new Option('--state <state>', 'those in this state instead').choices(['unregistered', ...SEEN_STATES, 'all']),
    )
    .option('--product <key>', 'only this product: claude-code, unknown/NAME')
    .option('--device <device>', `only on this device: ${DEVICE_WORDS}`)
    .option('--person <person>', `only on accounts of this person: ${PERSON}`)
    .addOption(new Option('--human <person>', 'as --person').hideHelp())
    .option('--registration <registration>', 'those of this registration, in any state: its id or name')
    .option('--autonomous', 'only those that act without asking')
    .option('--deviating', 'those that differ from their registration, in any state')
    .option('--rare <devices>', 'only products on at most DEVICES devices, the rarest first', wholeNumber(RARE_DEVICES))
    .option('--new <days>', 'only those first seen within DAYS days', wholeNumber(DAYS))
    .option('--search <text>', 'only those whose name begins so, in any case')
    .option('--limit <count>', 'at most COUNT agents', wholeNumber({ minimum: 1, maximum: 1_000_000 }), DEFAULT_SHOWN)
    .addHelpText(
      'after',
      examples('surety-directory inbox list --rare 3 --autonomous', 'surety-directory inbox list --search desk --json'),
    )
    .action(async (options: ListOptions) => {
      const api = await openApi(components, options)
      const { items, more } = await load(api, options)
      await printList<SeenAgentView>(components, options, {
        items,
        columns: inboxColumns(components.now),
        idOf: ({ id }) => id,
        document: { schema: 'surety-directory/inbox@1', agents: items, more },
        footer: `${items.length === 0 ? 'none' : countOf(items.length, 'agent')}${more ? ', and more' : ''}`,
      })
    })
}

async function load(api: ApiClient, options: ListOptions): Promise<{ items: SeenAgentView[]; more: boolean }> {
  const { state, product, human, person = human, registration, search, limit } = options
  const yes = (given: boolean | undefined) => (given === true ? 'yes' : undefined)
  const query = {
    state: state === 'unregistered' ? 'unknown' : state,
    product,
    search,
    onAtMostDevices: options.rare,
    newWithinDays: options.new,
    human: person === undefined ? undefined : await idOf(api, people, person),
    registration: registration === undefined ? undefined : await idOf(api, registrations, registration),
    device: options.device === undefined ? undefined : await deviceIdOf(api, options.device),
    autonomous: yes(options.autonomous),
    deviating: yes(options.deviating),
  }
  const items: SeenAgentView[] = []
  let cursor: string | undefined
  do {
    const path = `/inbox${queryOf({ ...query, limit: Math.min(500, limit - items.length), cursor })}`
    const page = await api.ask('GET', path, seenAgentPageReader)
    items.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined && items.length < limit)
  return { items, more: cursor !== undefined }
}

function addShow(inbox: Command, components: CommandComponents): void {
  withApiOptions(
    inbox
      .command('show')
      .description('one agent: why it was recognised, drift, deviations')
      .argument('<seen>', AGENT_WORDS),
  )
    .addHelpText(
      'after',
      examples('surety-directory inbox show sga_4fG2aB', 'surety-directory inbox show sga_4fG2aB --json'),
    )
    .action(async (id: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      tellAgent(components, options, await api.ask('GET', await pathOf(api, id), seenAgentReader))
    })
}

interface RegisterOptions extends CommonOptions {
  readonly purpose: string
  readonly name?: string
  readonly owner?: string
  readonly contact?: string
  readonly successor?: string
  readonly anyDevice?: boolean
  readonly anyHuman?: boolean
  readonly anyWorkspace?: boolean
  readonly workspace?: readonly string[]
  readonly versions?: readonly string[]
  readonly autonomyCeiling?: 'asks' | 'autonomous'
  readonly single?: boolean
  readonly expires?: (now: number) => number
  readonly review?: (now: number) => number
}

function addRegister(inbox: Command, components: CommandComponents): void {
  withApiOptions(
    inbox
      .command('register')
      .description('register it: name, product, device, owner and workspace come from what was seen')
      .argument('<seen>', AGENT_WORDS),
  )
    .requiredOption('--purpose <text>', 'what it is for')
    .option('--name <name>', 'another name')
    .option('--owner <person>', 'who answers for it: id, user name or e-mail address')
    .option('--contact <person>', 'whom to ask about how it works')
    .option('--successor <person>', 'who gets it when the owner leaves')
    .option('--any-device', 'on every device')
    .option('--any-human', 'for every person')
    .option('--any-workspace', 'it may work in every folder')
    .option('--workspace <folder...>', 'it may work in these folders and below')
    .option('--versions <range...>', 'it may have these versions: 2.1.4, ">=2.1 <3"')
    .addOption(new Option('--autonomy-ceiling <level>', 'the most it may do alone').choices(['asks', 'autonomous']))
    .option('--single', 'only one instance is expected')
    .option('--expires <time>', 'it ends: after 90d, or at 2027-01-31T18:00:00Z', readUntil)
    .option('--review <time>', 'it is reviewed: after 90d, or at 2027-01-31T18:00:00Z', readUntil)
    .addHelpText(
      'after',
      examples(
        'surety-directory inbox register sga_4fG2aB --purpose "reviews pull requests"',
        'surety-directory inbox register sga_4fG2aB --purpose reviews --owner ada --any-device',
      ),
    )
    .action(async (id: string, options: RegisterOptions) => {
      const api = await openApi(components, options)
      const path = `${await pathOf(api, id)}/register`
      tellRegistered(
        components,
        options,
        await api.ask('POST', path, inboxRegisteredReader, registrationOf(options, components.now())),
      )
    })
}

function registrationOf(options: RegisterOptions, now: number): InboxRegistration {
  const { purpose, name, owner, contact, successor, versions, autonomyCeiling, single, workspace } = options
  if (workspace !== undefined && options.anyWorkspace === true) {
    throw new SuretyError('INPUT_MALFORMED', 'give --workspace or --any-workspace')
  }
  return {
    purpose,
    ...given({ name, owner, contact, successor, autonomyCeiling, single }),
    ...given({ anyDevice: options.anyDevice, anyHuman: options.anyHuman, anyWorkspace: options.anyWorkspace }),
    ...(versions === undefined ? {} : { versions: [...versions] }),
    ...(workspace === undefined
      ? {}
      : { scope: { applications: [], dataSets: [], tools: [], workspaces: [...workspace] } }),
    ...given({ expiresAt: options.expires?.(now), reviewAt: options.review?.(now) }),
  }
}

/** Without members that were not given. */
function given<T extends object>(members: T): { [key in keyof T]?: Exclude<T[key], undefined> } {
  // The type of Object.fromEntries loses the keys.
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<T>
  >
}

function addMerge(inbox: Command, components: CommandComponents): void {
  withApiOptions(
    inbox
      .command('merge')
      .description('widen a registration to match it; with its own registration, accept what has changed')
      .argument('<seen>', AGENT_WORDS),
  )
    .requiredOption('--into <registration>', 'the registration: its id or name')
    .option('--any-device', 'the registration may lose the device that it names')
    .option('--any-human', 'the registration may lose the person whom it names')
    .addHelpText(
      'after',
      examples(
        'surety-directory inbox merge sga_4fG2aB --into agt_Des0arl6xfvw0xl8Hc9P_Q',
        'surety-directory inbox merge sga_4fG2aB --into agt_Des0arl6xfvw0xl8Hc9P_Q --any-device',
      ),
    )
    .action(async (id: string, options: CommonOptions & InboxMerge) => {
      const api = await openApi(components, options)
      const { into, anyDevice, anyHuman } = options
      const body: InboxMerge = { into: await idOf(api, registrations, into), ...given({ anyDevice, anyHuman }) }
      tellRegistered(
        components,
        options,
        await api.ask('POST', `${await pathOf(api, id)}/merge`, inboxRegisteredReader, body),
      )
    })
}

interface IgnoreOptions extends CommonOptions {
  readonly reason?: string
  readonly until?: (now: number) => number
  readonly undo?: boolean
}

function addIgnore(inbox: Command, components: CommandComponents): void {
  withApiOptions(
    inbox
      .command('ignore')
      .description('take it out of the inbox, on its device for its user')
      .argument('<seen>', AGENT_WORDS),
  )
    .option('--reason <text>', 'why, for the record')
    .option('--until <time>', 'it comes back: after 8h, 30d, or at 2027-01-31T18:00:00Z', readUntil)
    .option('--undo', 'put it into the inbox again')
    .addHelpText(
      'after',
      examples(
        'surety-directory inbox ignore sga_4fG2aB --reason "a test" --until 30d',
        'surety-directory inbox ignore sga_4fG2aB --undo',
      ),
    )
    .action(async (id: string, { reason, until, undo, ...options }: IgnoreOptions) => {
      if ((reason === undefined) !== (undo === true)) {
        throw new SuretyError('INPUT_MALFORMED', 'give a --reason, or --undo')
      }
      const api = await openApi(components, options)
      const path = `${await pathOf(api, id)}/ignore`
      if (reason === undefined) {
        tellAgent(components, options, await api.ask('DELETE', path, seenAgentReader))
        return
      }
      const body: InboxIgnore = { reason, ...given({ until: until?.(components.now()) }) }
      tellAgent(components, options, await api.ask('POST', path, seenAgentReader, body))
    })
}

interface BlockOptions extends CommonOptions, WaitOptions {
  readonly reason: string
  readonly here?: boolean
  readonly until?: (now: number) => number
  readonly emergency?: boolean
  readonly dryRun?: boolean
}

function addBlock(inbox: Command, components: CommandComponents): void {
  withWait(
    withApiOptions(
      inbox
        .command('block')
        .description('freeze its product wherever it runs or starts; undone by stops release')
        .argument('<seen>', AGENT_WORDS),
    ),
  )
    .requiredOption('--reason <text>', 'why, for the record and for the people whose agents stop')
    .option('--here', 'only on its device')
    .option('--until <time>', 'the stop ends automatically: after 8h, 7d, or at 2027-01-31T18:00:00Z', readUntil)
    .option('--emergency', 'in force at once, for an hour unless a second person confirms it')
    .option('--dry-run', 'only say what would stop')
    .addHelpText(
      'after',
      examples(
        'surety-directory inbox block sga_4fG2aB --reason "reads mail" --dry-run',
        'surety-directory inbox block sga_4fG2aB --reason "reads mail" --here',
      ),
    )
    .action(async (id: string, { reason, here, until, emergency, dryRun, ...options }: BlockOptions) => {
      const api = await openApi(components, options)
      const body: InboxBlock = { reason, ...given({ here, emergency, dryRun, until: until?.(components.now()) }) }
      const created = await api.ask('POST', `${await pathOf(api, id)}/block`, inboxBlockedReader, body)
      await answerCreated(components, options, { api, created, schema: 'surety-directory/blocked-agent@1' })
    })
}

function tellAgent(components: CommandComponents, options: CommonOptions, agent: SeenAgentView): void {
  answer(components, options, { schema: 'surety-directory/seen-agent@1', agent }, () =>
    seenLines(agent, components.now()),
  )
}

function tellRegistered(components: CommandComponents, options: CommonOptions, registered: InboxRegistered): void {
  const { agent, registration, stop } = registered
  answer(components, options, { schema: 'surety-directory/registered-agent@1', ...registered }, () => [
    printable(`${agent.id} is registered as ${registration.id} (${registration.name}, ${registration.state})`),
    ...(stop === undefined
      ? []
      : [
          `it stays frozen: ${stop} of its product is in force. Release it with: surety-directory stops release ${stop} --reason WHY`,
        ]),
  ])
}

async function pathOf(api: ApiClient, wanted: string): Promise<string> {
  return `/inbox/${await itemIdOf(api, wanted, NAMED_SEEN)}`
}

function wholeNumber({ minimum, maximum }: { readonly minimum: number; readonly maximum: number }) {
  return (text: string): number => {
    const number = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
    if (number >= minimum && number <= maximum) return number
    throw new InvalidArgumentError(`a whole number from ${minimum} to ${maximum}`)
  }
}
