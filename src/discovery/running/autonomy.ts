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
  /** Its processes; that another than the first was told to ask says nothing of it. */
  readonly agents: readonly ProcessMatch[]
  readonly environmentNames: readonly string[]
  /** Of the machine and of its user, of this agent; undefined where it runs in a system whose files were not read. */
  readonly states: readonly AgentState[] | undefined
  /** Was its user's home looked through for what agents left? Else that there is no state of it says nothing. */
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
 * What a running agent was told on its command line and by its environment counts before what files say, and those before
 * the maker's default: with any reason to take it for autonomous it is. Values of variables are not read: where one decides,
 * nobody knows.
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
  // What could be behind those that are known is not known either.
  const isCut = agents.some(({ process }) => process.argumentsMissing === true)
  if (isCut && configured.level !== 'autonomous') return verdict('unknown', [ARGUMENTS_UNREAD], besides)
  const firstFlags = recognisedFlags(entry, agents[0]?.args ?? [])
  const off = told('asks').filter(({ name }) => firstFlags.includes(name))
  if (off.length > 0) return verdict('asks', off, besides)
  const open = set('by-value')
  if (open.length > 0) return verdict('unknown', told('by-value'), open, besides)
  // Whatever it names hides nothing of settings by which it acts.
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

/** Unless its settings were read, it is not known that it asks. */
function byDefault(entry: ResidentEntry, unread = UNKNOWN): Autonomy {
  const found = autonomyOf(entry, [])
  return found.level === 'autonomous' ? found : unread
}

/**
 * Of projects only the one it works in counts.
 *
 * @param moved variables that put its settings elsewhere: what those say nobody knows, whatever the home's say.
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
 * @param isMoved nobody knows what its settings say, nor which projects they trust.
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
