import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { seenAgentPageReader } from '../../protocol/nouns/agents/inbox.ts'
import {
  REGISTRATION_STATES,
  type RegistrationRequest,
  type RegistrationState,
  type RegistrationView,
  type RequestedState,
  registrationPageReader,
  registrationReader,
} from '../../protocol/nouns/agents/registrations.ts'
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
import { countOf } from '../command/format.ts'
import { type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'
import { PERSON_WORDS } from '../names/name-human.ts'
import { registrationIdOf } from '../names/name-registration.ts'
import { deviatingLines } from './inbox-words.ts'
import {
  type CriteriaOptions,
  criteriaOf,
  type SaidOptions,
  saidOf,
  withCriteria,
  withSaid,
} from './registration-options.ts'
import { REGISTRATION_COLUMNS, registrationFacts } from './registration-words.ts'

/** `registrations`: the agents that the company knows, with an owner, a purpose, a scope and an end. */

const WORDS = 'its name, id, or at least eight characters of its beginning'

export function addRegistrationCommands(program: Command, components: CommandComponents): void {
  const registrations = program
    .command('registrations')
    .description('registered agents: who answers for them, what they are for, and whether they may run')
  addCreate(registrations, components)
  addReads(registrations, components)
  addChange(registrations, components)
  addTransitions(registrations, components)
  addOwners(registrations, components)
}

interface CreateOptions extends CommonOptions, CriteriaOptions, SaidOptions {
  readonly purpose: string
  readonly owner?: string
  readonly active?: boolean
}

function addCreate(registrations: Command, components: CommandComponents): void {
  const command = withApiOptions(registrations.command('create').description('register an agent'))
    .argument('<name>')
    .requiredOption('--purpose <text>', 'what it is for')
    .option('--owner <human>', `who answers for it: ${PERSON_WORDS}`)
    .option('--active', 'active at once; needs an owner (default: provisioning)')
  withSaid(withCriteria(command))
    .addHelpText(
      'after',
      examples(
        'surety-directory registrations create "Ada reviews" --purpose "reviews merge requests" --product codex --human ada --owner ada --active',
        'surety-directory registrations create nightly --purpose builds --product claude-code --device build-7 --owner ada --successor bob --review 90d --json',
      ),
    )
    .action(async (name: string, options: CreateOptions) => {
      const api = await openApi(components, options)
      const criteria = await criteriaOf(api, options)
      if (criteria === undefined) {
        throw new SuretyError('INPUT_MALFORMED', 'say what the agent is: a product, device, human or another criterion')
      }
      const { purpose, owner, active } = options
      const request: Partial<RegistrationRequest> = {
        name,
        purpose,
        criteria,
        state: active === true ? 'active' : 'provisioning',
        ...(owner === undefined ? {} : { owner }),
      }
      const body = { ...request, ...saidOf(options, components.now()) }
      const created = await api.ask('POST', '/registrations', registrationReader, body)
      answerRegistration(components, options, created, `${created.id} is ${created.state}`)
    })
}

interface ListOptions extends FormatOptions {
  readonly state?: RegistrationState
  readonly owner?: string
  readonly product?: string
  readonly device?: string
  readonly human?: string
}

function addReads(registrations: Command, components: CommandComponents): void {
  withFormat(withApiOptions(registrations.command('list').description('registered agents, newest first')))
    .option(
      '--state <state>',
      `only those in this state: ${REGISTRATION_STATES.join(', ')}`,
      oneOf('state', REGISTRATION_STATES),
    )
    .option('--owner <human>', `only those of this owner: ${PERSON_WORDS}`)
    .option('--product <id>', 'only those of this product alone')
    .option('--device <device>', `only those of this device: ${DEVICE_WORDS}`)
    .option('--human <human>', `only those on accounts or devices of this human: ${PERSON_WORDS}`)
    .addHelpText(
      'after',
      examples(
        'surety-directory registrations list --state suspended',
        'surety-directory registrations list --owner ada --output csv',
      ),
    )
    .action(async (options: ListOptions) => {
      const api = await openApi(components, options)
      const { state, owner, product, device, human } = options
      const filters = {
        state,
        owner,
        product,
        human,
        device: device === undefined ? undefined : await deviceIdOf(api, device),
      }
      const items = await allPages(api, `/registrations${queryOf(filters)}`, registrationPageReader)
      await printList<RegistrationView>(components, options, {
        items,
        columns: REGISTRATION_COLUMNS,
        idOf: ({ id }) => id,
        document: { schema: 'surety-directory/registrations@1', registrations: items },
        footer: items.length === 0 ? 'no registered agents' : countOf(items.length, 'registered agent'),
      })
    })
  withApiOptions(registrations.command('show').description('one registered agent'))
    .argument('<registration>', WORDS)
    .addHelpText(
      'after',
      examples(
        'surety-directory registrations show nightly',
        'surety-directory registrations show agt_4fG2bX9a --json',
      ),
    )
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const registration = await api.ask('GET', await pathOf(api, wanted), registrationReader)
      const query = queryOf({ registration: registration.id, deviating: 'yes', limit: MOST_DEVIATING })
      const { items: deviating } = await api.ask('GET', `/inbox${query}`, seenAgentPageReader)
      answer(components, options, { schema: 'surety-directory/registration@1', registration, deviating }, () => [
        ...registrationFacts(registration),
        ...deviatingLines(deviating),
      ])
    })
}

/** As many agents that differ from it are shown. */
const MOST_DEVIATING = 20

interface ChangeOptions extends CommonOptions, CriteriaOptions, SaidOptions {
  readonly name?: string
  readonly purpose?: string
}

function addChange(registrations: Command, components: CommandComponents): void {
  const command = withApiOptions(
    registrations
      .command('change')
      .description('change what a registration says; criteria and scope are replaced as a whole'),
  )
    .argument('<registration>', WORDS)
    .option('--name <text>', 'another name')
    .option('--purpose <text>', 'another purpose')
  withSaid(withCriteria(command))
    .option('--no-successor', 'no successor')
    .option('--no-contact', 'no contact')
    .option('--no-versions', 'any version')
    .option('--no-ceiling', 'no ceiling')
    .option('--no-single', 'any number of instances')
    .option('--no-review', 'no review')
    .option('--no-expires', 'no end')
    .addHelpText(
      'after',
      examples(
        'surety-directory registrations change nightly --purpose "builds and tests" --review 180d',
        'surety-directory registrations change nightly --product claude-code --device build-8 --no-ceiling',
      ),
    )
    .action(async (wanted: string, options: ChangeOptions) => {
      const api = await openApi(components, options)
      const { name, purpose } = options
      const criteria = await criteriaOf(api, options)
      const body = {
        name,
        purpose,
        criteria,
        ...saidOf(options, components.now()),
      }
      if (Object.values(body).every((value) => value === undefined)) {
        throw new SuretyError('INPUT_MALFORMED', 'say what to change')
      }
      const changed = await api.ask('POST', `${await pathOf(api, wanted)}/changes`, registrationReader, body)
      answerRegistration(components, options, changed, `${changed.id} is changed`)
    })
}

interface ActOptions extends ConsentOptions {
  readonly reason: string
}

const TRANSITIONS = [
  ['activate', 'active', 'let an agent run; what was granted before does not come back'],
  ['suspend', 'suspended', 'freeze an agent wherever it runs or starts'],
  ['quarantine', 'quarantined', 'freeze an agent that may do harm, until somebody has looked'],
] as const satisfies readonly (readonly [string, RequestedState, string])[]

function addTransitions(registrations: Command, components: CommandComponents): void {
  for (const [verb, to, about] of TRANSITIONS) {
    withApiOptions(registrations.command(verb).description(about))
      .argument('<registration>', WORDS)
      .requiredOption('--reason <text>', 'why, for the record and for the humans whose agents stop')
      .addHelpText(
        'after',
        examples(
          `surety-directory registrations ${verb} nightly --reason "incident 42"`,
          `surety-directory registrations ${verb} agt_4fG2bX9a --reason "incident 42" --json`,
        ),
      )
      .action(async (wanted: string, options: ActOptions) => {
        const api = await openApi(components, options)
        await move(components, options, { api, path: await pathOf(api, wanted), to })
      })
  }
  withConsent(withApiOptions(registrations.command('retire').description('end an agent for good, on every device')))
    .argument('<registration>', WORDS)
    .requiredOption('--reason <text>', 'why, for the record and for the humans whose agents end')
    .addHelpText(
      'after',
      examples(
        'surety-directory registrations retire nightly --reason "builds run elsewhere"',
        'surety-directory registrations retire agt_4fG2bX9a --reason replaced --yes --json',
      ),
    )
    .action(async (wanted: string, options: ActOptions) => {
      const api = await openApi(components, options)
      const path = await pathOf(api, wanted)
      await requireConsent(components, options, {
        act: `Retire the agent ${JSON.stringify(wanted)} for good`,
        permission: { api, action: 'register' },
      })
      await move(components, options, { api, path, to: 'retiring' })
    })
}

async function move(
  components: CommandComponents,
  options: ActOptions,
  { api, path, to }: { readonly api: ApiClient; readonly path: string; readonly to: RequestedState },
): Promise<void> {
  const moved = await api.ask('POST', `${path}/transitions`, registrationReader, { to, reason: options.reason })
  const watch = moved.stop === undefined ? '' : `; see its devices with: surety-directory stops show ${moved.stop}`
  answerRegistration(components, options, moved, `${moved.id} is ${moved.state}${watch}`)
}

interface TransferOptions extends CommonOptions {
  readonly owner: string
  readonly reason: string
}

interface AcceptOptions extends CommonOptions {
  readonly successor?: boolean
}

function addOwners(registrations: Command, components: CommandComponents): void {
  withApiOptions(registrations.command('transfer').description('give an agent another owner'))
    .argument('<registration>', WORDS)
    .requiredOption('--owner <human>', `who answers for it from now on: ${PERSON_WORDS}`)
    .requiredOption('--reason <text>', 'why, for the record')
    .addHelpText(
      'after',
      examples(
        'surety-directory registrations transfer nightly --owner bob --reason "ada changed teams"',
        'surety-directory registrations transfer agt_4fG2bX9a --owner bob@example.org --reason "new team" --json',
      ),
    )
    .action(async (wanted: string, { owner, reason, ...options }: TransferOptions) => {
      const api = await openApi(components, options)
      const path = `${await pathOf(api, wanted)}/owner`
      const given = await api.ask('POST', path, registrationReader, { owner, reason })
      answerRegistration(components, options, given, `${given.ownerName ?? given.owner} answers for ${given.id}`)
    })
  withApiOptions(registrations.command('accept').description('accept a registration that waits, or a succession'))
    .argument('<registration>', WORDS)
    .option('--successor', 'the successor agrees to get it; an administrator can record that for them')
    .addHelpText(
      'after',
      examples(
        'surety-directory registrations accept nightly --successor',
        'surety-directory registrations accept agt_4fG2bX9a --json',
      ),
    )
    .action(async (wanted: string, options: AcceptOptions) => {
      const api = await openApi(components, options)
      const what = options.successor === true ? 'succession' : 'registration'
      const accepted = await api.ask('POST', `${await pathOf(api, wanted)}/acceptance`, registrationReader, { what })
      const done =
        what === 'registration'
          ? `${accepted.id} is ${accepted.state}`
          : `${accepted.successorName ?? accepted.successor} gets ${accepted.id} when the owner leaves`
      answerRegistration(components, options, accepted, done)
    })
}

async function pathOf(api: ApiClient, wanted: string): Promise<string> {
  return `/registrations/${await registrationIdOf(api, wanted)}`
}

function answerRegistration(
  components: CommandComponents,
  options: CommonOptions,
  registration: RegistrationView,
  done: string,
): void {
  answer(components, options, { schema: 'surety-directory/registration@1', registration }, () => [done])
}
