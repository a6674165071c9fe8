import { type Command, Option } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { registrations } from '../../protocol/nouns/agents/registrations.ts'
import {
  type AgentSelector,
  counted,
  type StopConfirmation,
  type StopRelease,
  type StopRequest,
  type StopView,
  stopDevicePageReader,
  stops,
} from '../../protocol/nouns/agents/stops.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { readUntil } from '../command/read-until.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'
import { PERSON_WORDS } from '../names/name-human.ts'
import { call, idOf } from '../nouns/call.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'
import { answerCreated, answerLines, firstAnswers, type WaitOptions, watchStop, withWait } from './stop-answers.ts'
import { actedLines, deviceTable, stopLines, weaknessLines } from './stop-words.ts'

export function addStopCommands(program: Command, components: CommandComponents): void {
  const command = addNounCommands(program, components, stops, {
    async show({ api, options }, stop) {
      const limit = typeof options.devices === 'number' ? options.devices : 20
      const { items } = await api.ask(
        'GET',
        `${stops.path}/${stop.id}/devices${queryOf({ limit })}`,
        stopDevicePageReader,
      )
      const more = Math.max(0, stop.progress.devices - items.length)
      const document = { schema: 'surety-directory/stop@1', stop, devices: items, moreDevices: more } as const
      answer(components, options, document, () => [
        ...stopLines(stop),
        ...(items.length === 0 ? [] : ['', ...deviceTable(components.terminal, items, components.now())]),
        ...(more > 0 ? [`and ${counted(more, 'device')} more`] : []),
        ...weaknessLines(items),
      ])
    },
  })
  addCreate(command, components)
  addDrill(command, components)
  addWatch(command, components)
  addConfirm(command, components)
  addRelease(command, components)
}

interface CreateOptions extends CommonOptions, WaitOptions {
  readonly all?: boolean
  readonly device?: string
  readonly agent?: string
  readonly product?: string
  readonly user?: string
  readonly registration?: string
  readonly person?: string
  readonly human?: string
  readonly group?: string
  readonly kind: 'freeze' | 'retire'
  readonly reason: string
  readonly until?: (now: number) => number
  readonly emergency?: boolean
  readonly dryRun?: boolean
  readonly watch?: boolean
}

function addCreate(parent: Command, components: CommandComponents): void {
  withWait(withApiOptions(parent.command('create').description('stop agents, those that start later too')))
    .option('--all', 'every agent on every device')
    .option('--device <device>', `every agent on this device: ${DEVICE_WORDS}; or narrows one of the following`)
    .option('--agent <id>', 'one running agent, by the id of its sighting; needs --device')
    .option('--product <id>', 'one product, such as claude-code')
    .option('--user <name>', 'agents of this user of the operating system; with --product, only that product')
    .option('--registration <registration>', 'a registered agent, by name or id')
    .option(
      '--person <person>',
      `agents on confirmed accounts of this person; a freeze also of all on their devices: ${PERSON_WORDS}`,
    )
    .addOption(new Option('--human <person>', 'as --person').hideHelp())
    .option('--group <group>', 'the same for all members of a group, by name or id')
    .addOption(
      new Option('--kind <kind>', 'retire also ends what it froze').choices(['freeze', 'retire']).default('freeze'),
    )
    .requiredOption('--reason <text>', 'why, for the record and for the people whose agents stop')
    .option('--until <time>', 'ends automatically: after 90m, 8h, 7d, or at 2027-01-31T18:00:00Z', readUntil)
    .option('--emergency', 'in force at once, for an hour unless a second person confirms it')
    .option('--dry-run', 'only say what would stop')
    .option('--watch', 'instead of --wait: print each change until every device has answered')
    .addHelpText(
      'after',
      examples(
        'surety-directory stops create --product claude-code --reason "incident 42" --dry-run',
        'surety-directory stops create --all --until 8h --reason "code freeze" --watch',
      ),
    )
    .action(async (options: CreateOptions) => {
      requireSelected(options)
      const api = await openApi(components, options)
      const { kind, reason, until, emergency, dryRun } = options
      const request: StopRequest = {
        kind,
        selector: await selectorOf(api, options),
        reason,
        ...(until === undefined ? {} : { until: until(components.now()) }),
        ...(emergency === undefined ? {} : { emergency }),
        ...(dryRun === undefined ? {} : { dryRun }),
      }
      const created = await call(api, stops, 'create', { body: request })
      const { stop } = created
      const isWatched = options.watch === true && stop !== undefined
      const wait = isWatched ? 0 : options.wait
      await answerCreated(components, { ...options, wait }, { api, created, schema: 'surety-directory/created-stop@1' })
      if (!isWatched) return
      await watchStop(components, options, { api, id: stop.id })
    })
}

const SELECTORS = ['all', 'device', 'agent', 'product', 'user', 'registration', 'person', 'group'] as const

/** @throws `USAGE_INVALID` if nothing is selected. */
function requireSelected(options: CreateOptions): void {
  if (options.human !== undefined || SELECTORS.some((name) => options[name] !== undefined)) return
  const ways = SELECTORS.map((name) => `--${name}`).join(', ')
  throw new SuretyError('USAGE_INVALID', `nothing is selected: give at least one of ${ways}`)
}

async function selectorOf(api: ApiClient, options: CreateOptions): Promise<AgentSelector> {
  const { all, device, agent, product, user, registration, human, person = human, group } = options
  return {
    ...(all === undefined ? {} : { all: true }),
    ...(device === undefined ? {} : { device: await deviceIdOf(api, device) }),
    ...(agent === undefined ? {} : { agent }),
    ...(product === undefined ? {} : { product }),
    ...(user === undefined ? {} : { user }),
    ...(registration === undefined ? {} : { registration: await idOf(api, registrations, registration) }),
    ...(person === undefined ? {} : { human: person }),
    ...(group === undefined ? {} : { group }),
  }
}

interface DrillOptions extends CommonOptions {
  readonly all?: boolean
  readonly device?: readonly string[]
  readonly reason: string
  readonly until?: (now: number) => number
}

function addDrill(parent: Command, components: CommandComponents): void {
  withApiOptions(parent.command('drill').description('have devices freeze an agent that they start for it'))
    .option('--all', 'every device')
    .option('--device <device...>', `these devices: ${DEVICE_WORDS}`)
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--until <time>', 'how long it waits for devices that are not connected (7d)', readUntil)
    .addHelpText(
      'after',
      examples(
        'surety-directory stops drill --all --reason "drill of the quarter"',
        'surety-directory stops drill --device laptop-7 --device laptop-8 --reason "after the kernel update"',
      ),
    )
    .action(async (options: DrillOptions) => {
      const { all, device = [], reason, until } = options
      if ((all === true) === device.length > 0) {
        throw new SuretyError('USAGE_INVALID', 'name what to drill: --all, or --device DEVICE')
      }
      const api = await openApi(components, options)
      const devices = await Promise.all(device.map((one) => deviceIdOf(api, one)))
      const selectors: AgentSelector[] = all === true ? [{ all }] : devices.map((one) => ({ device: one }))
      const drills: StopView[] = []
      try {
        for (const selector of selectors) {
          const end = until === undefined ? {} : { until: until(components.now()) }
          const request: StopRequest = { kind: 'drill', selector, reason, ...end }
          const { stop } = await call(api, stops, 'create', { body: request })
          if (stop !== undefined) drills.push(stop)
        }
      } finally {
        // Where one is refused, those before it are under way.
        if (drills.length > 0) {
          answer(components, options, { schema: 'surety-directory/drills@1', drills }, () =>
            drills.map((drill) => `${actedLines(drill).join(' ')} Follow it: surety-directory stops watch ${drill.id}`),
          )
        }
      }
    })
}

function addWatch(parent: Command, components: CommandComponents): void {
  withApiOptions(
    parent
      .command('watch')
      .description('print each change until every device has answered')
      .argument('<stop>', stops.called),
  )
    .addHelpText(
      'after',
      examples('surety-directory stops watch stop_4fG2aB', 'surety-directory stops watch stop_4fG2aB --json'),
    )
    .action(async (id: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      await watchStop(components, options, { api, id: await idOf(api, stops, id) })
    })
}

function addConfirm(parent: Command, components: CommandComponents): void {
  const confirm = parent.command('confirm').description('confirm a stop that another person asked for')
  withWait(withApiOptions(confirm.argument('<stop>', stops.called)))
    .option('--release', 'confirm its release')
    .addHelpText(
      'after',
      examples('surety-directory stops confirm stop_4fG2aB', 'surety-directory stops confirm stop_4fG2aB --release'),
    )
    .action(async (id: string, options: CommonOptions & WaitOptions & { readonly release?: boolean }) => {
      const body: StopConfirmation = { what: options.release === true ? 'release' : 'stop' }
      const api = await openApi(components, options)
      const confirmed = await call(api, stops, 'confirm', { id: await idOf(api, stops, id), body })
      if (body.what === 'release') return tellStop(components, options, confirmed)
      const { stop, afterMs } = await firstAnswers(components, { api, stop: confirmed, wait: options.wait })
      answer(components, options, { schema: 'surety-directory/stop@1', stop }, () => answerLines(stop, afterMs))
    })
}

function addRelease(parent: Command, components: CommandComponents): void {
  withApiOptions(
    parent
      .command('release')
      .description('release a stop: its agents resume; or withdraw one that waits')
      .argument('<stop>', stops.called),
  )
    .requiredOption('--reason <text>', 'why, for the record')
    .addHelpText(
      'after',
      examples(
        'surety-directory stops release stop_4fG2aB --reason fixed',
        'surety-directory stops release stop_4fG2aB --reason fixed --json',
      ),
    )
    .action(async (id: string, options: CommonOptions & { readonly reason: string }) => {
      const body: StopRelease = { reason: options.reason }
      const api = await openApi(components, options)
      tellStop(components, options, await call(api, stops, 'release', { id: await idOf(api, stops, id), body }))
    })
}

function tellStop(components: CommandComponents, options: CommonOptions, stop: StopView): void {
  answer(components, options, { schema: 'surety-directory/stop@1', stop }, () => [
    ...actedLines(stop),
    ...(stop.state === 'released'
      ? [`Its agents resume as devices answer: surety-directory stops watch ${stop.id}`]
      : []),
  ])
}
