import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { printable } from '../../base/text/printable.ts'
import { parseEnrolmentString } from '../../protocol/messages/enrolment-string.ts'
import { summaryReader } from '../../protocol/nouns/directory/directory.ts'
import { TOKEN_TTL_MS, TOKEN_USES } from '../../protocol/nouns/enrolment/tokens.ts'
import { ADD_PERSON } from '../../protocol/second-person.ts'
import { TIERS, type Tier } from '../../protocol/tier.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  oneOf,
  openApi,
  withCommonOptions,
} from '../command/command-line.ts'
import { countOf, facts, timeOf } from '../command/format.ts'
import { durationIn, wholeNumberIn } from '../command/read-numbers.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { makeToken } from '../devices/token-commands.ts'
import { firstLink } from '../people/first-link.ts'

/** `init`: from a new directory to the first enrolment string, with four questions or none. */

interface InitOptions extends CommonOptions {
  readonly names?: string
  readonly owner?: string
  readonly minimumTier?: Tier
  readonly uses?: number
  readonly ttl?: number
  readonly out: string
}

interface Answers {
  readonly names: readonly string[]
  readonly owner: string
  readonly minimumTier: Tier
  readonly uses: number
}

const ANSWER_WITHIN_MS = 60_000
const EVERY_MS = 500
const DEFAULT_TIER: Tier = 'tpm'

export function addInitCommand(program: Command, components: CommandComponents): void {
  withCommonOptions(program.command('init').description('set up a new directory and make the first enrolment string'))
    .option('--names <names>', 'names and addresses by which laptops reach this server, separated by commas')
    .option('--owner <name>', 'the person who answers for these laptops')
    .option('--minimum-tier <tier>', `what a laptop must prove, one of ${TIERS.join(', ')}`, oneOf('tier', TIERS))
    .option('--uses <count>', 'how many laptops may enrol with the string (default: 1)', wholeNumberIn(TOKEN_USES))
    .option('--ttl <time>', 'how long the string may be used: 90m, 24h, 7d (default: 24h)', durationIn(TOKEN_TTL_MS))
    .option('--out <file>', 'new file for the enrolment string (mode 0600)', 'first.enrolment')
    .addHelpText(
      'after',
      examples(
        'surety-directory init',
        'surety-directory init --names directory.example.org --owner ada@example.org --minimum-tier tpm --json',
      ),
    )
    .action((options: InitOptions) => init(components, options))
}

async function init(components: CommandComponents, options: InitOptions): Promise<void> {
  refuseOtherData(components, options)
  const answers = await answersOf(components, options)
  const { names, owner, minimumTier, uses } = answers
  const [name = ''] = names
  // Says what is wrong with a name before anything is written.
  components.loadConfig({ flags: { names: names.join(',') }, file: undefined })
  const setup = await components.setup()
  const { path: configFile, changed } = await setup.configure(options.config, names)
  const service = changed || !(await isAnswering(components, options)) ? await setup.restart() : 'running'
  const document = { schema: 'surety-directory/init@1', names, configFile, service } as const
  const api = await apiWithin(components, options, service === 'absent' ? 0 : ANSWER_WITHIN_MS)
  if (api === undefined) {
    answer(components, options, document, () => [
      ...facts([['configuration', configFile]]),
      'The directory does not run. Start it with: surety-directory serve',
      'Then run this command again: it makes the first enrolment string.',
    ])
    return
  }
  const { ttl, out } = options
  const request = {
    owner,
    minimumTier,
    uses,
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
  }
  const { token, enrolment, warning, path } = await makeToken(components, api, {
    request,
    out,
    check: (made) => requireName(made, name),
  })
  if (warning !== undefined && options.json !== true) components.err(`warning: ${printable(warning)}\n`)
  const { url } = parseEnrolmentString(enrolment)
  const link = await firstLink(api)
  const made = {
    ...document,
    url,
    token,
    enrolmentFile: path,
    ...member('signIn', link),
    ...(warning === undefined ? {} : { warning }),
  }
  answer(components, options, made, () => [
    ...facts([
      ['configuration', configFile],
      ['laptops connect to', url],
      ['token', `${token.id}, for ${countOf(uses, 'laptop')}, until ${timeOf(token.expiresAt)}`],
      ['enrolment string', path],
      ['sign in at', link],
    ]),
    '',
    'Bring the enrolment string to a laptop. There, as root:',
    `  install -D -m 600 ${printable(basename(out))} /etc/surety/enrolment`,
    '  apt-get install surety',
    '  surety enrolment --wait 2m',
    '',
    'Large stops need a second person to confirm them. Add one now, not in an incident:',
    `  ${ADD_PERSON}`,
  ])
}

/** The configuration of one directory would change another one. @throws `USAGE_INVALID`. */
function refuseOtherData(components: CommandComponents, { data, config: file }: CommonOptions): void {
  if (data === undefined || file !== undefined) return
  const { config } = components.loadConfig({ flags: {}, file })
  if (resolve(data) === config.data) return
  throw new SuretyError(
    'USAGE_INVALID',
    `the configuration is that of the directory in ${config.data}: give --config FILE with the data folder ${data}`,
  )
}

const TIER_HELP = 'tpm-attested: a TPM of a known maker; tpm: any TPM; software: no TPM needed'

/** What is not given is asked on a terminal. @throws `USAGE_INVALID` where none can be asked and there is no default. */
async function answersOf({ ask, setup }: CommandComponents, options: InitOptions): Promise<Answers> {
  const question = async (text: string, preset?: string) => {
    if (ask === undefined) return preset ?? ''
    const line = (await ask(preset === undefined ? `${text}: ` : `${text} [${preset}]: `)).trim()
    return line === '' ? (preset ?? '') : line
  }
  const names = options.names ?? (await question('Name by which laptops reach this server', (await setup()).hostName()))
  const owner = options.owner ?? (await question('Who answers for the laptops, such as a mail address'))
  if (owner === '') {
    throw new SuretyError('USAGE_INVALID', 'give --owner NAME, the person who answers for the laptops')
  }
  const tier = options.minimumTier ?? (await question(`Minimum proof from laptops (${TIER_HELP})`, DEFAULT_TIER))
  const minimumTier = TIERS.find((one) => one === tier)
  if (minimumTier === undefined) {
    throw new SuretyError(
      'USAGE_INVALID',
      `${JSON.stringify(tier.slice(0, 64))} is no tier: give one of ${TIERS.join(', ')}`,
    )
  }
  const uses = options.uses ?? usesIn(await question('How many laptops may enrol with the string', '1'))
  return { names: names.split(',').map((name) => name.trim()), owner, minimumTier, uses }
}

/** @throws `USAGE_INVALID`. */
function usesIn(text: string): number {
  try {
    return wholeNumberIn(TOKEN_USES)(text)
  } catch (cause) {
    const message = `${JSON.stringify(text.slice(0, 64))} laptops: give ${describeError(cause)}`
    throw new SuretyError('USAGE_INVALID', message, { cause })
  }
}

async function isAnswering(components: CommandComponents, options: CommonOptions): Promise<boolean> {
  return (await answeringApi(components, options)) !== undefined
}

/** @returns undefined while it does not answer. @throws what speaks against every further try, such as a refused token. */
async function answeringApi(components: CommandComponents, options: CommonOptions): Promise<ApiClient | undefined> {
  try {
    const api = await openApi(components, options)
    await api.ask('GET', '/summary', summaryReader)
    return api
  } catch (error) {
    // A new directory has no profile yet.
    if (codeOf(error) === 'DIRECTORY_UNREACHABLE' || codeOf(error) === 'NOT_FOUND') return undefined
    throw error
  }
}

async function apiWithin(
  components: CommandComponents,
  options: CommonOptions,
  ms: number,
): Promise<ApiClient | undefined> {
  const signal = components.untilInterrupted()
  for (let waited = 0; ; waited += EVERY_MS) {
    const api = await answeringApi(components, options)
    if (api !== undefined) return api
    if (ms === 0) return undefined
    if (waited >= ms || signal.aborted) {
      throw new SuretyError(
        'DIRECTORY_UNREACHABLE',
        'the directory does not answer: see journalctl -u surety-directory',
      )
    }
    await components.pause(EVERY_MS, { signal })
  }
}

/** A directory that was started before reads its names at its next start. */
function requireName(enrolment: string, name: string): void {
  const { hostname } = new URL(parseEnrolmentString(enrolment).url)
  if (hostname.replace(/^\[|\]$/g, '') === name.toLowerCase()) return
  const message = `laptops would be sent to ${hostname} and not to ${name}: restart the directory, or remove devices.url`
  throw new SuretyError('CONFLICT', message)
}
