import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { inbox } from '../../protocol/nouns/agents/inbox.ts'
import {
  type RegistrationChange,
  type RegistrationRequest,
  type RegistrationView,
  type RequestedState,
  registrations,
} from '../../protocol/nouns/agents/registrations.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { PERSON_WORDS } from '../names/name-human.ts'
import { call, idOf, list } from '../nouns/call.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'
import { deviatingLines } from './inbox-words.ts'
import {
  type CriteriaOptions,
  criteriaOf,
  given,
  type SaidOptions,
  saidOf,
  withCriteria,
  withSaid,
} from './registration-options.ts'
import { registrationFacts } from './registration-words.ts'

/** `registrations`: the agents that the company knows, with an owner, a purpose, a scope and an end. */

/** As many agents that differ from it are shown. */
const MOST_DEVIATING = 20

export function addRegistrationCommands(program: Command, components: CommandComponents): void {
  const command = addNounCommands(program, components, registrations, {
    async show({ api, options }, registration) {
      const query = { registration: registration.id, deviating: 'yes', limit: MOST_DEVIATING } as const
      const { items: deviating } = await list(api, inbox, query)
      answer(components, options, { schema: 'surety-directory/registration@1', registration, deviating }, () => [
        ...registrationFacts(registration),
        ...deviatingLines(deviating),
      ])
    },
    bodies: {
      accept: async ({ body: { what } }): Promise<{ what: 'registration' | 'succession' }> => ({
        what: what === 'succession' ? 'succession' : 'registration',
      }),
    },
  })
  addCreate(command, components)
  addChange(command, components)
  addTransitions(command, components)
}

interface CreateOptions extends CommonOptions, CriteriaOptions, SaidOptions {
  readonly purpose: string
  readonly owner?: string
  readonly active?: boolean
}

function addCreate(parent: Command, components: CommandComponents): void {
  const command = withApiOptions(parent.command('create').description('register an agent'))
    .argument('<name>')
    .requiredOption('--purpose <text>', 'what it is for')
    .option('--owner <person>', `who answers for it: ${PERSON_WORDS}`)
    .option('--active', 'active at once; needs an owner (default: provisioning)')
  withSaid(withCriteria(command))
    .addHelpText(
      'after',
      examples(
        'surety-directory registrations create "Ada reviews" --purpose "reviews merge requests" --product codex --person ada --owner ada --active',
        'surety-directory registrations create nightly --purpose builds --product claude-code --device build-7 --owner ada --successor bob --review 90d --json',
      ),
    )
    .action(async (name: string, options: CreateOptions) => {
      const api = await openApi(components, options)
      const criteria = await criteriaOf(api, options)
      if (criteria === undefined) {
        throw new SuretyError(
          'INPUT_MALFORMED',
          'say what the agent is: a product, device, person or another criterion',
        )
      }
      const { purpose, owner, active } = options
      const state = active === true ? 'active' : 'provisioning'
      const request = given({ name, purpose, criteria, state, owner, ...saidOf(options, components.now()) })
      // Null takes a value away: only `change` has options for it.
      const created = await call(api, registrations, 'create', { body: request as RegistrationRequest })
      answerRegistration(components, options, created, `${created.id} is ${created.state}`)
    })
}

interface ChangeOptions extends CommonOptions, CriteriaOptions, SaidOptions {
  readonly name?: string
  readonly purpose?: string
}

function addChange(parent: Command, components: CommandComponents): void {
  const command = withApiOptions(
    parent.command('change').description('change what a registration says; criteria and scope are replaced as a whole'),
  )
    .argument('<registration>', registrations.called)
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
      // Of what is said, only a scope cannot be taken away, and no option does.
      const body = given({ name, purpose, criteria, ...saidOf(options, components.now()) }) as RegistrationChange
      if (Object.keys(body).length === 0) {
        throw new SuretyError('INPUT_MALFORMED', 'say what to change')
      }
      const changed = await call(api, registrations, 'change', { id: await idOf(api, registrations, wanted), body })
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

function addTransitions(parent: Command, components: CommandComponents): void {
  for (const [verb, to, about] of TRANSITIONS) {
    withApiOptions(parent.command(verb).description(about))
      .argument('<registration>', registrations.called)
      .requiredOption('--reason <text>', 'why, for the record and for the people whose agents stop')
      .addHelpText(
        'after',
        examples(
          `surety-directory registrations ${verb} nightly --reason "incident 42"`,
          `surety-directory registrations ${verb} agt_4fG2bX9a --reason "incident 42" --json`,
        ),
      )
      .action(async (wanted: string, options: ActOptions) => {
        const api = await openApi(components, options)
        await move(components, options, { api, id: await idOf(api, registrations, wanted), to })
      })
  }
  withConsent(withApiOptions(parent.command('retire').description('end an agent for good, on every device')))
    .argument('<registration>', registrations.called)
    .requiredOption('--reason <text>', 'why, for the record and for the people whose agents end')
    .addHelpText(
      'after',
      examples(
        'surety-directory registrations retire nightly --reason "builds run elsewhere"',
        'surety-directory registrations retire agt_4fG2bX9a --reason replaced --yes --json',
      ),
    )
    .action(async (wanted: string, options: ActOptions) => {
      const api = await openApi(components, options)
      const id = await idOf(api, registrations, wanted)
      await requireConsent(components, options, {
        act: `Retire the agent ${JSON.stringify(wanted)} for good`,
        permission: { api, action: 'register' },
      })
      await move(components, options, { api, id, to: 'retiring' })
    })
}

async function move(
  components: CommandComponents,
  options: ActOptions,
  { api, id, to }: { readonly api: ApiClient; readonly id: string; readonly to: RequestedState },
): Promise<void> {
  const moved = await call(api, registrations, 'move', { id, body: { to, reason: options.reason } })
  const watch = moved.stop === undefined ? '' : `; see its devices with: surety-directory stops show ${moved.stop}`
  answerRegistration(components, options, moved, `${moved.id} is ${moved.state}${watch}`)
}

function answerRegistration(
  components: CommandComponents,
  options: CommonOptions,
  registration: RegistrationView,
  done: string,
): void {
  answer(components, options, { schema: 'surety-directory/registration@1', registration }, () => [done])
}
