import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../base/text/duration.ts'
import { AUTONOMY_CEILINGS, type RegistrationRequest } from '../../protocol/nouns/agents/registrations.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'
import { PERSON_WORDS } from '../names/name-human.ts'

/** What `registrations create` and `registrations change` say of an agent. */

export interface SaidOptions {
  readonly purpose?: string
  readonly successor?: string | false
  readonly contact?: string | false
  readonly versions?: readonly string[] | false
  readonly application?: readonly string[]
  readonly dataSet?: readonly string[]
  readonly tool?: readonly string[]
  readonly scopeWorkspace?: readonly string[]
  readonly ceiling?: 'asks' | 'autonomous' | false
  readonly single?: boolean
  readonly review?: number | false
  readonly expires?: number | false
}

export interface CriteriaOptions {
  readonly product?: readonly string[]
  readonly package?: readonly string[]
  readonly executable?: readonly string[]
  readonly signer?: readonly string[]
  readonly device?: string
  readonly person?: string
  readonly human?: string
  readonly workspace?: readonly string[]
  readonly mcpServer?: readonly string[]
}

export function withCriteria(command: Command): Command {
  return command
    .option('--product <id...>', 'it is one of these products: claude-code, or unknown/NAME')
    .option('--package <name...>', 'it is of one of these packages')
    .option('--executable <path...>', 'it runs one of these files')
    .option('--signer <name...>', 'its program is signed by one of these')
    .option('--device <device>', `it is on this device: ${DEVICE_WORDS}`)
    .option('--person <person>', `it is on accounts or devices of this person: ${PERSON_WORDS}`)
    .addOption(new Option('--human <person>', 'as --person').hideHelp())
    .option('--workspace <folder...>', 'it works in one of these folders, or below')
    .option('--mcp-server <name...>', 'it uses one of these MCP servers')
}

export function withSaid(command: Command): Command {
  return command
    .option('--successor <person>', 'who gets it when the owner leaves, once they have accepted')
    .option('--contact <person>', `whom to ask about how it works: ${PERSON_WORDS}`)
    .option('--versions <range...>', 'versions that are expected: 2.1.4, or ">=2.1 <3"')
    .option('--application <name...>', 'applications that it is meant to use')
    .option('--data-set <name...>', 'data sets that it is meant to use')
    .option('--tool <name...>', 'tools that it is meant to use')
    .option('--scope-workspace <folder...>', 'folders in which it is meant to work')
    .addOption(new Option('--ceiling <autonomy>', 'above it the agent deviates').choices(AUTONOMY_CEILINGS))
    .option('--single', 'only one running instance is expected')
    .option('--review <time>', 'when it is due for review, from now: 90d', readTime)
    .option('--expires <time>', 'when it expires, from now: 365d', readTime)
}

/** @throws `InvalidArgumentError`. */
function readTime(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d, such as 90d')
  return ms
}

/** Absent where no criterion is given. */
export async function criteriaOf(
  api: ApiClient,
  options: CriteriaOptions,
): Promise<RegistrationRequest['criteria'] | undefined> {
  const {
    product,
    package: packages,
    executable,
    signer,
    device,
    human,
    person = human,
    workspace,
    mcpServer,
  } = options
  const criteria = given({
    products: list(product),
    packages: list(packages),
    executables: list(executable),
    signers: list(signer),
    device: device === undefined ? undefined : await deviceIdOf(api, device),
    human: person,
    workspaces: list(workspace),
    mcpServers: list(mcpServer),
  })
  return Object.keys(criteria).length === 0 ? undefined : criteria
}

type Said = Pick<
  RegistrationRequest,
  'successor' | 'contact' | 'versions' | 'scope' | 'autonomyCeiling' | 'single' | 'reviewAt' | 'expiresAt'
>

/** `false` of a `--no-` option is null: the value is taken away. */
export function saidOf(options: SaidOptions, now: number): { [name in keyof Said]: Said[name] | null } {
  const { successor, contact, versions, ceiling, single, review, expires } = options
  const { application, dataSet, tool, scopeWorkspace } = options
  const isScoped = [application, dataSet, tool, scopeWorkspace].some((one) => one !== undefined)
  const lists = { applications: list(application) ?? [], dataSets: list(dataSet) ?? [], tools: list(tool) ?? [] }
  return given({
    successor: orNull(successor),
    contact: orNull(contact),
    versions: versions === false ? null : list(versions),
    scope: isScoped ? given({ ...lists, workspaces: list(scopeWorkspace) }) : undefined,
    autonomyCeiling: orNull(ceiling),
    single,
    reviewAt: timeAfter(now, review),
    expiresAt: timeAfter(now, expires),
  })
}

function timeAfter(now: number, ms: number | false | undefined): number | null | undefined {
  return ms === undefined ? undefined : ms === false ? null : now + ms
}

function orNull<T>(value: T | false | undefined): T | null | undefined {
  return value === false ? null : value
}

function list(items: readonly string[] | undefined): string[] | undefined {
  return items === undefined ? undefined : [...items]
}

type Given<T> = { [name in keyof T as undefined extends T[name] ? never : name]: T[name] } & {
  [name in keyof T as undefined extends T[name] ? name : never]?: Exclude<T[name], undefined>
}

/** Without members that are undefined. */
export function given<T extends object>(members: T): Given<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>
}
