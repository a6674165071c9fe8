import { fromUtf8 } from '../../base/bytes.ts'
import { parseJson } from '../../base/json.ts'
import { asObject, type JsonObject, textOf } from '../../base/json-object.ts'
import type { Account, User } from '../../protocol/sighting.ts'
import type { FileStat } from '../../system/files/files.ts'
import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.ts'
import { agentEntries } from '../catalogue/reported-kind.ts'
import type { ConfigFiles } from '../files/config-files.ts'
import { filesOf } from '../files/expand-pattern.ts'
import type { Folders } from '../files/folders.ts'
import { tooMany } from '../files/source-log.ts'
import { valuesAt } from '../formats/member-path.ts'
import { type AgentState, MAX_STATES, type ProjectState } from '../matching/agent-state.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { looksSecret } from '../redaction/known-tokens.ts'
import { readPidFiles } from './pid-files.ts'
import { findProjectSettings } from './project-settings.ts'
import { autonomyOf, readSettings, type SettingFound, unreadSettings } from './settings.ts'

export interface AgentStatesComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
  /** Undefined when absent. @throws as `FileReader.stat`. */
  readonly stat: (path: string) => Promise<FileStat | undefined>
  readonly onFault: (path: string, error: unknown) => void
}

interface AgentStatesInit {
  readonly catalogue: Catalogue
  /** Whose home; absent for what an administrator set for everybody. */
  readonly owner?: { readonly user: User; readonly home: string; readonly nowMs: number }
  /** Folders people work in, whose own settings count there. */
  readonly workspaces: readonly string[]
}

/** So many files of one agent are asked when they changed. */
const MAX_TRACES = 400
/** A file may say any time: one that is still to come is no time of its use. File servers' clocks are not quite ours. */
const SLACK_MS = 10 * 60_000

/** What the home says of each agent that has left something in it: its account, whether it asks, when it was last used. */
export async function findAgentStates(
  components: AgentStatesComponents,
  init: AgentStatesInit,
): Promise<readonly AgentState[]> {
  const states: AgentState[] = []
  const entries = agentEntries(init.catalogue)
  const home = init.owner?.home
  const projects =
    home === undefined
      ? undefined
      : await findProjectSettings(components, { home, workspaces: init.workspaces, entries })
  for (const entry of entries) {
    const state = await stateOf(components, init, entry, projects?.get(entry.id) ?? [])
    if (state !== undefined) states.push(state)
  }
  if (states.length > MAX_STATES) components.onFault('agents', tooMany(MAX_STATES, states.length, 'agents'))
  return states.slice(0, MAX_STATES)
}

async function stateOf(
  components: AgentStatesComponents,
  init: AgentStatesInit,
  entry: CatalogueEntry,
  projects: readonly ProjectState[],
): Promise<AgentState | undefined> {
  const own = await ownSettings(components, entry)
  const account = await accountOf(components, entry)
  const lastUsedAt = init.owner === undefined ? undefined : await lastTrace(components, init.owner.nowMs, entry)
  const pidFiles = await readPidFiles(components, entry)
  const isEmpty = own.length === 0 && projects.length === 0 && pidFiles.length === 0
  if (isEmpty && account === undefined && lastUsedAt === undefined) return undefined
  return {
    catalogueId: entry.id,
    ...(init.owner === undefined ? {} : { user: init.owner.user }),
    ...(account === undefined ? {} : { account }),
    autonomy: autonomyOf(entry, own),
    ...(projects.length === 0 ? {} : { projects: [...projects] }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(pidFiles.length === 0 ? {} : { pidFiles }),
  }
}

/** The person's own settings, or those of the machine. */
async function ownSettings(
  { folders, configs }: AgentStatesComponents,
  entry: CatalogueEntry,
): Promise<SettingFound[]> {
  const found: SettingFound[] = []
  const isOwn = (path: string) => !path.startsWith('./') && path.startsWith('~/') === folders.inHome
  for (const [pattern, settings] of byPath((entry.settings ?? []).filter(({ path }) => isOwn(path)))) {
    const onUnseen = (path: string) => void found.push(...unreadSettings(settings, path))
    for (const path of await folders.expand(pattern, { onUnseen })) {
      const document = await configs.look(path)
      if (document === 'unread') onUnseen(path)
      else if (document !== undefined) found.push(...readSettings(settings, path, document))
    }
  }
  return found
}

function byPath<T extends { readonly path: string }>(facts: readonly T[]): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(facts, ({ path }) => path)
}

async function accountOf({ folders, configs }: AgentStatesComponents, entry: CatalogueEntry) {
  for (const fact of entry.accounts ?? []) {
    if (fact.path.startsWith('~/') !== folders.inHome) continue
    for (const path of await folders.expand(fact.path)) {
      const document = await configs.read(path)
      const account = document === undefined ? undefined : readAccount(fact, path, document)
      if (account !== undefined) return account
    }
  }
  return undefined
}

/** When something of it changed last: the files that every use leaves, else whatever lies in its folders. */
async function lastTrace(
  components: AgentStatesComponents,
  nowMs: number,
  entry: CatalogueEntry,
): Promise<number | undefined> {
  const patterns = entry.activity?.map(({ path }) => path) ?? (entry.stateFolders ?? []).map(({ path }) => `${path}/*`)
  let newest: number | undefined
  let left = MAX_TRACES
  for (const pattern of patterns.filter((path) => path.startsWith('~/'))) {
    for (const path of (await filesOf(components.folders, pattern, ['file', 'directory'])).slice(-MAX_TRACES)) {
      if (left-- === 0) return newest
      const changedAt = await changeOf(components, path)
      if (changedAt === undefined || changedAt > nowMs + SLACK_MS) continue
      if (changedAt > (newest ?? -1)) newest = changedAt
    }
  }
  return newest
}

async function changeOf({ stat, onFault }: AgentStatesComponents, path: string): Promise<number | undefined> {
  try {
    const changedAt = Math.trunc((await stat(path))?.modifiedMs ?? -1)
    return changedAt >= 0 ? changedAt : undefined
  } catch (error) {
    onFault(path, error)
    return undefined
  }
}

type AccountFact = NonNullable<CatalogueEntry['accounts']>[number]

const MAX_TOKEN_LENGTH = 16 * 1024
/** A login or a mail address; what is longer or has the shape of a secret is no name. */
const NAME = /^[^\s\p{Cc}]{1,254}$/u

/** The account that a file of an agent names. Nothing else of the file is kept, least of all the token that may say so. */
function readAccount(fact: AccountFact, path: string, document: JsonObject): Account | undefined {
  for (const value of valuesAt(document, fact.key)) {
    if (typeof value !== 'string') continue
    const name = fact.claim === undefined ? value : claimOf(value, fact.claim)
    if (name === undefined || !NAME.test(name) || looksSecret(name)) continue
    return {
      ...(fact.provider === undefined ? {} : { provider: fact.provider }),
      name: boundedText(name, 256),
      path: path.slice(0, 4096),
    }
  }
  return undefined
}

/** Of a JSON web token (RFC 7519); who signed it does not matter, for it is a person's own file. */
function claimOf(token: string, claim: string): string | undefined {
  const [, payload] = token.split('.')
  if (payload === undefined || token.length > MAX_TOKEN_LENGTH) return undefined
  try {
    const claims = parseJson(fromUtf8(Buffer.from(payload, 'base64url')), { maxBytes: MAX_TOKEN_LENGTH, maxDepth: 8 })
    return textOf(asObject(claims), claim)
  } catch {
    // No token, or one of another kind: it has no name.
    return undefined
  }
}
