import type { Signal } from '../../protocol/sighting.ts'
import { portableText } from '../../system/files/portable-text.ts'
import type { ProcessSockets } from '../../system/processes/process-details.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { programOf } from '../matching/script-argument.ts'
import { boundedText } from '../redaction/bounded-text.ts'

/** One reason to take a program for an agent. Signals of one family are not independent and count as one. */
export interface Reason {
  readonly name: SignalName
  readonly weight: number
  readonly detail: string
}

const FAMILY = {
  'tool-children': 'children',
  'paced-children': 'children',
  'child-markers': 'markers',
  'model-endpoint': 'model',
  'asks-between': 'model',
  'model-calls': 'model',
  'answered-commands': 'children',
  'shell-snapshots': 'children',
  'mcp-children': 'protocol',
  'autonomy-flag': 'program',
  'session-files': 'state',
  'loopback-service': 'service',
  'fetched-program': 'severity',
  'credential-files': 'severity',
} as const
export type SignalName = keyof typeof FAMILY

/** An agent needs at least one of these: agents run tools, mark their children, or run what a model answered. */
const DECISIVE: readonly SignalName[] = ['tool-children', 'child-markers', 'answered-commands']
/** Reported, but not counted towards the threshold: development servers listen as agents do. */
const NO_WITNESS = 'loopback-service'
const ENOUGH = 60
const FAMILIES_NEEDED = 2
/** Lower weights count in the score but not as a family: a key that a shell exports is in all of its children. */
const WITNESS_WEIGHT = 10

export interface Verdict {
  readonly score: number
  readonly isAgent: boolean
  /** Heaviest first. */
  readonly signals: readonly Signal[]
}

/** Adds up the heaviest reason of each name. More reasons never lower the score. */
export function judge(reasons: readonly Reason[]): Verdict {
  const heaviest = heaviestOfEach(reasons)
  const witnesses = heaviest.filter(({ name }) => name !== NO_WITNESS)
  const families = new Set(witnesses.flatMap(({ name, weight }) => (weight < WITNESS_WEIGHT ? [] : [FAMILY[name]])))
  const decisive = heaviest.some(({ name }) => DECISIVE.includes(name))
  return {
    score: sumOf(heaviest),
    isAgent: sumOf(witnesses) >= ENOUGH && families.size >= FAMILIES_NEEDED && decisive,
    signals: heaviest.map(({ name, weight, detail }) => ({ name, weight, detail: boundedText(detail, 256) })),
  }
}

function sumOf(reasons: readonly Reason[]): number {
  return reasons.reduce((sum, { weight }) => sum + weight, 0)
}

/** The heaviest reason of each name, heaviest first. */
export function heaviestOfEach(reasons: readonly Reason[]): readonly Reason[] {
  const heaviest = new Map<SignalName, Reason>()
  for (const reason of reasons) {
    if (reason.weight > (heaviest.get(reason.name)?.weight ?? -1)) heaviest.set(reason.name, reason)
  }
  return [...heaviest.values()].sort((a, b) => b.weight - a.weight)
}

const SERVICE_WEIGHT = 15

/** The program listens on loopback, as agents do for their windows and helpers. */
export function serviceReason(listening: ProcessSockets['listening']): Reason | undefined {
  const service = listening.find(({ loopback }) => loopback)
  if (service === undefined) return undefined
  return {
    name: 'loopback-service',
    weight: SERVICE_WEIGHT,
    detail: `listens on port ${service.port} for this machine alone`,
  }
}

const SESSIONS =
  /(^|[/_.-])(sessions?|threads?|conversations?|chats?|rollouts?|transcripts?|trajector(y|ies)|turns?)([/_.-]|$)/i
const KEPT_AS = /\.(jsonl|ndjson|sqlite3?|db)(-wal)?$/
/** Folders of browsers, editors and desktops, whose session files are not those of an agent. */
const NOT_TALKS =
  /\/(User Data|Default|Local Storage|IndexedDB|globalStorage|workspaceStorage|Session Storage|mozilla|\.mozilla|chromium|google-chrome)\//

/** Conversation files that the process has open in a dot folder of a home. Only their folder is reported. */
export function sessionFilesReason(openFiles: readonly string[], homes: readonly string[]): Reason | undefined {
  for (const file of openFiles) {
    const path = portableText(file)
    if (!KEPT_AS.test(path) || NOT_TALKS.test(path)) continue
    const home = homes.find((each) => each !== '/' && path.startsWith(`${each}/.`))
    if (home === undefined) continue
    const inHome = path.slice(home.length + 1)
    if (!SESSIONS.test(inHome)) continue
    // A file name may be the title of a conversation, so it is not reported.
    const folder = inHome.slice(0, inHome.lastIndexOf('/')).split('/').slice(0, 3).join('/')
    return { name: 'session-files', weight: 25, detail: `keeps the files of its sessions open in ~/${folder}` }
  }
  return undefined
}

/** Flags of agents for "act without asking". Compared as whole names with the program's own arguments. */
const FLAG =
  /^--(yolo|full-auto|autopilot|auto-approve(-all)?|approve-all|allow-all(-tools)?|no-confirm|dangerously-[a-z-]{3,48}|skip-permissions|trust-all-tools)$/
const MAX_ARGUMENTS = 256

export function autonomyFlagOf({ executable = '', argv }: ProcessRecord): string | undefined {
  const args = programOf(executable, argv)?.args ?? argv.slice(1)
  const end = args.indexOf('--')
  const own = args.slice(0, Math.min(end === -1 ? args.length : end, MAX_ARGUMENTS))
  return own
    .filter((part, at) => !isOff(part, own[at + 1]))
    .map(nameOf)
    .find((name) => FLAG.test(name))
}

function nameOf(part: string): string {
  return part.split('=', 1)[0] ?? ''
}

/** Matches `--auto-approve=false`, also with the value in the next argument. */
function isOff(part: string, next: string | undefined): boolean {
  return part.includes('=') ? part.endsWith('=false') : next === 'false'
}

export function autonomyFlagReason(process: ProcessRecord): Reason | undefined {
  const flag = autonomyFlagOf(process)
  return flag === undefined ? undefined : { name: 'autonomy-flag', weight: 20, detail: `started with ${flag}` }
}
