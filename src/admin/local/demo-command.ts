import { type Command, InvalidArgumentError } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { printable } from '../../base/text/printable.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  configOf,
  examples,
  withCommonOptions,
} from '../command/command-line.ts'
import { countOf, facts } from '../command/format.ts'

interface DemoOptions extends CommonOptions {
  readonly devices: number
  readonly seed: number
}

const MOST_DEVICES = 20_000
const MOST_SEED = 2 ** 31 - 1
const USUAL = { devices: 200, seed: 1 } as const

/** `demo`: a folder with made-up data, to look around in. */
export function addDemoCommand(program: Command, components: CommandComponents): void {
  withCommonOptions(
    program
      .command('demo')
      .description('make a data folder with made-up people, devices and agents, and a month of history'),
  )
    .option(
      '--devices <count>',
      'how many devices: 0 to 20,000 (default: 200)',
      wholeNumber(MOST_DEVICES),
      USUAL.devices,
    )
    .option('--seed <number>', 'another one makes another company (default: 1)', wholeNumber(MOST_SEED), USUAL.seed)
    .addHelpText(
      'after',
      examples(
        'surety-directory demo --devices 5000 --data demo',
        'surety-directory demo --devices 3 --seed 7 --data /tmp/small --json',
      ),
    )
    .action((options: DemoOptions) => makeDemo(components, options))
}

async function makeDemo(components: CommandComponents, options: DemoOptions): Promise<void> {
  const { devices, seed, data, json } = options
  if (data === undefined) throw new SuretyError('USAGE_INVALID', 'give --data FOLDER, a folder that does not exist')
  const { config } = configOf(components, options)
  const startedAt = components.now()
  const made = await (await components.demonstration())(config, {
    devices,
    seed,
    progress: progressOf(components, json === true),
    signal: components.untilInterrupted(),
  })
  const document = { schema: 'surety-directory/demo@1', folder: config.data, seed, ...made } as const
  answer(components, options, document, () => [
    ...facts([
      ['demonstration', config.data],
      ['people', countOf(made.people)],
      ['devices', countOf(made.devices)],
      ['agents', countOf(made.agents)],
      ['events', countOf(made.events)],
      ['took', `${Math.round((components.now() - startedAt) / 1000)} s`],
    ]),
    '',
    `All of it is made up. Look around:  surety-directory serve --data ${printable(config.data)}`,
    `In another terminal:                surety-directory status --data ${printable(config.data)}`,
  ])
}

function wholeNumber(highest: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (number <= highest) return number
    throw new InvalidArgumentError(`a whole number from 0 to ${highest}`)
  }
}

/** How often progress is printed where no line can be replaced. */
const SAY_EVERY_MS = 2_000

function progressOf({ err, now, terminal }: CommandComponents, silent: boolean): (done: number) => void {
  let saidAt = now()
  return (done) => {
    const every = terminal.columns === undefined ? SAY_EVERY_MS : SAY_EVERY_MS / 10
    if (silent || (done < 1 && now() - saidAt < every)) return
    saidAt = now()
    const line = `a month of history: ${Math.floor(done * 100)} %`
    if (terminal.columns === undefined) err(`${line}\n`)
    else err(`\r${line}${done === 1 ? '\n' : ''}`)
  }
}
