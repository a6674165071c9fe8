import type { Autonomy } from '../../protocol/sighting.ts'
import type { ResidentEntry } from '../catalogue/resident-facts.ts'
import { combined, decides } from '../installed/merge-agent-state.ts'
import { autonomyOf, unlessUnread } from '../installed/settings.ts'
import type { AgentState, ProjectState } from '../matching/agent-state.ts'
import type { ProcessMatch } from '../matching/process-match.ts'
import { recognisedFlags, spellings } from '../matching/recognised-flags.ts'
import { isWithin } from '../mcp/configured-servers.ts'

export interface RunningAutonomy {
  readonly entry: ResidentEntry
  /** Recognised ones, as `recognisedFlags` spells them. */
  readonly flags: readonly string[]
  /** Its processes. A flag that means asking counts on the first only. */
  readonly agents: readonly ProcessMatch[]
  readonly environmentNames: readonly string[]
  /** What files of the machine and the user say of this agent. Undefined in a container, whose files were not read. */
  readonly states: readonly AgentState[] | undefined
  /** Whether the user's home was scanned. If not, a missing state means nothing. */
  readonly isHomeRead: boolean
  readonly workspace: string | undefined
}

type Because = Autonomy['because'][number]
type Meaning = NonNullable<ResidentEntry['flags']>[number]['meaning']
type SwitchMeaning = NonNullable<ResidentEntry['switches']>[number]['meaning']

const MAX_BECAUSE = 16
const UNKNOWN: Autonomy = { level: 'unknown', because: [] }
const ARGUMENTS_UNREAD: Because = { by: 'flag', name: 'a command line that was not read whole' }
const HOME_UNREAD: Because = { by: 'configuration', name: 'settings of a home that was not read' }

/**
 * Flags and variables come before settings, and settings before the maker's default. Any reason for autonomy wins. Values of
 * variables are not read, so the level is `unknown` where one decides. docs/detection.md has the rules in order.
 */
export function runningAutonomy(init: RunningAutonomy): Autonomy {
  const { entry, agents, flags, environmentNames, states } = init
  const told = (meaning: Meaning) =>
    flags.filter((flag) => means(entry, flag, meaning)).map((name): Because => ({ by: 'flag', name }))
  const set = (meaning: SwitchMeaning) =>
    (entry.switches ?? [])
      .filter((each) => each.meaning === meaning && environmentNames.includes(each.name))
      .map(({ name }): Because => ({ by: 'environment', name }))
  const moved = (entry.homeVariables ?? [])
    .filter(({ name, movesSettings }) => movesSettings === true && environmentNames.includes(name))
    .map(({ name }): Because => ({ by: 'environment', name }))
  const isRead = states !== undefined || moved.length > 0
  const configured = isRead ? configuredAutonomy({ ...init, states: states ?? [] }, moved) : byDefault(entry)
  const noted = [...told('noted'), ...set('noted')]
  const besides = [...noted, ...configured.because.filter(({ by }) => by === 'configuration')]
  const on = [...told('autonomy'), ...set('autonomy')]
  if (on.length > 0) return verdict('autonomous', on, besides)
  // A cut command line may have more flags.
  const isCut = agents.some(({ process }) => process.argumentsMissing === true)
  if (isCut && configured.level !== 'autonomous') return verdict('unknown', [ARGUMENTS_UNREAD], besides)
  const firstFlags = recognisedFlags(entry, agents[0]?.args ?? [])
  const off = told('asks').filter(({ name }) => firstFlags.includes(name))
  if (off.length > 0) return verdict('asks', off, besides)
  const open = set('by-value')
  if (open.length > 0) return verdict('unknown', told('by-value'), open, besides)
  // A value that was not read, such as a profile, cannot undo settings that make it autonomous.
  const named = told('by-value')
  if (named.length > 0 && configured.level !== 'autonomous') return verdict('unknown', named, besides)
  return verdict(configured.level, configured.because, named, noted)
}

function verdict(level: Autonomy['level'], ...because: (readonly Because[])[]): Autonomy {
  return { level, because: because.flat().slice(0, MAX_BECAUSE) }
}

function means({ flags = [] }: ResidentEntry, found: string, meaning: Meaning): boolean {
  return flags.some((fact) => fact.meaning === meaning && spellings(fact).includes(found))
}

/** Where no settings were read, only a default of autonomy counts. */
function byDefault(entry: ResidentEntry, unread = UNKNOWN): Autonomy {
  const found = autonomyOf(entry, [])
  return found.level === 'autonomous' ? found : unread
}

/**
 * Only the project that it works in counts.
 *
 * @param moved variables that move its settings elsewhere. With one, the settings in the home do not count.
 */
function configuredAutonomy(
  { entry, states, isHomeRead, workspace }: RunningAutonomy & { readonly states: readonly AgentState[] },
  moved: readonly Because[],
): Autonomy {
  const own = states.find(({ user }) => user !== undefined)
  const project = own?.projects
    ?.filter((each) => workspace !== undefined && isWithin(workspace, each.workspace))
    .toSorted((a, b) => b.workspace.length - a.workspace.length)[0]
  const managed = states.find(({ user }) => user === undefined)?.autonomy
  const untold = () => (isHomeRead ? autonomyOf(entry, []) : byDefault(entry, verdict('unknown', [HOME_UNREAD])))
  const ofUser = moved.length > 0 ? verdict('unknown', moved) : (own?.autonomy ?? untold())
  const ofBoth = project === undefined ? ofUser : withProject(ofUser, project, moved.length > 0)
  return combined(managed, ofBoth) ?? ofBoth
}

/**
 * The maker's default counts where neither decides.
 *
 * @param isMoved its settings, and which projects they trust, are unknown.
 */
function withProject(own: Autonomy, { autonomy, trust }: ProjectState, isMoved: boolean): Autonomy {
  const told = [...autonomy.because, ...own.because].filter(({ by }) => by !== 'default')
  const isSure = trust === undefined || (trust === 'given' && !isMoved)
  const acts = (said: Autonomy) => decides(said) && said.level === 'autonomous'
  if (acts(own) || (acts(autonomy) && isSure)) return verdict('autonomous', told)
  if (acts(autonomy) || isMoved) return verdict('unknown', told)
  if (decides(autonomy)) return verdict(unlessUnread(autonomy.level, own), told)
  const level = unlessUnread(own.level, autonomy)
  const isDefault = level === own.level && !decides(own)
  return verdict(level, isDefault ? own.because.filter(({ by }) => by === 'default') : [], told)
}
