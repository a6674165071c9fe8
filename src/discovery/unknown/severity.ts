import { portableText } from '../../system/files/portable-text.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { standsAlone } from './family-tree.ts'
import type { ProgramName } from './program-name.ts'
import { ProgramNotes } from './program-notes.ts'
import type { Reason } from './signals.ts'

/** Signals that make an agent riskier. They weigh nothing, so they make no program an agent. */

/** Caches of npx and the like, folders that everyone may write, and downloads. */
const FETCHED: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/\/_npx\/[0-9a-f]+\/node_modules\//, 'was fetched by npx'],
  [/\/\.cache\/(uv|pnpm|bunx?)[^/]*\/|\/dlx-[^/]+\/node_modules\//, 'was fetched as it was started'],
  [/^\/(tmp|var\/tmp|dev\/shm)\//, 'lies in a folder for everybody'],
  [/^\/((?:var\/)?home\/[^/]+|root|var\/roothome|Users\/[^/]+)\/Downloads\//, 'lies among downloads'],
  [/^[A-Z]:\/Users\/[^/]+\/Downloads\//i, 'lies among downloads'],
  [
    /^[A-Z]:\/(Users\/(Public|[^/]+\/AppData\/Local\/Temp)|Windows\/Temp)\//i,
    'lies in a folder for everybody or for files that pass',
  ],
]

export function fetchedReason({ path }: ProgramName, { executable = '' }: ProcessRecord): Reason | undefined {
  const words = FETCHED.find(([pattern]) => pattern.test(path) || pattern.test(portableText(executable)))?.[1]
  return words === undefined ? undefined : { name: 'fetched-program', weight: 0, detail: `the program ${words}` }
}

/** Files with secrets of a user. Only these words are reported, never the paths. */
const CREDENTIALS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/\/\.ssh\/(id_[a-z0-9_-]+|[^/]+\.pem)$/, 'keys of ssh'],
  [/\/\.aws\/(credentials|config)$|\/\.aws\/(sso|cli)\/cache\//, 'credentials of AWS'],
  [/\/\.config\/gcloud\/|\/\.azure\/|\/\.kube\/config$/, 'credentials of a cloud'],
  [/\/\.(netrc|pgpass|git-credentials|npmrc|pypirc)$|\/\.docker\/config\.json$/, 'credentials of a tool'],
  [
    /\/(Login Data|Cookies)(-journal)?$|\/(key4\.db|logins\.json|cookies\.sqlite)$/,
    'passwords or cookies of a browser',
  ],
  [/\/(Microsoft\/Credentials|Microsoft\/Protect|Library\/Keychains)\//, 'a keyring'],
  [/\/\.gnupg\/private-keys|\/keyrings\/[^/]+\.keyring$/, 'a keyring'],
  [/\/\.env(\.[a-z]+)?$/, 'a file of secret variables'],
]

/** Quick test before `CREDENTIALS`. Most arguments fail it. */
const MAY_MATCH =
  /\.(ssh|aws|config|azure|kube|netrc|pgpass|git-credentials|npmrc|pypirc|docker|gnupg|env)\b|keyring|Keychains|Microsoft.(Credentials|Protect)|\b(Cookies|Login Data|key4\.db|logins\.json|cookies\.sqlite)/
const MAX_PATH = 4096

/** @param paths may be relative. @returns the kinds of credentials that they name. */
export function credentialWords(paths: readonly string[]): readonly string[] {
  const possible = paths
    .filter((path) => path.length <= MAX_PATH && MAY_MATCH.test(path))
    .map((path) => `/${path.replaceAll('\\', '/')}`)
  if (possible.length === 0) return []
  return CREDENTIALS.flatMap(([pattern, words]) => (possible.some((path) => pattern.test(path)) ? [words] : []))
}

/**
 * @param openFiles files that the program or its children have open now.
 * @param named kinds of credentials named by commands that it ran.
 */
export function credentialsReason(openFiles: readonly string[], named: readonly string[]): Reason | undefined {
  const open = credentialWords(openFiles)
  const details = [
    ...(open.length === 0 ? [] : [`it or what it runs has open: ${open.join(', ')}`]),
    ...(named.length === 0 ? [] : [`commands that it ran named: ${named.join(', ')}`]),
  ]
  return details.length === 0 ? undefined : { name: 'credential-files', weight: 0, detail: details.join('; ') }
}

const MAX_ARGUMENTS = 32
/** Longest chain of processes between a command and its tool. */
const MAX_GENERATIONS = 16

type Name = Pick<ProcessRecord, 'pid' | 'startTicks'>

/**
 * Remembers which kinds of credentials the commands of a program named, because most end before their open files can
 * be read. A named file may not have been read, and a file that is read without being named is missed.
 */
export class NamedCredentials {
  readonly #named = new ProgramNotes<Set<string>>()

  /** Notes a started program. @returns true if it named credentials. */
  note(program: ProcessRecord): boolean {
    const words = credentialWords(program.argv.slice(1, MAX_ARGUMENTS))
    const runner = words.length === 0 ? undefined : runnerOf(program)
    if (runner === undefined) return false
    this.#named.set(runner, new Set([...(this.#named.of(runner) ?? []), ...words]))
    return true
  }

  of(programs: readonly Name[]): readonly string[] {
    return [...new Set(programs.flatMap((program) => [...(this.#named.of(program) ?? [])]))].sort()
  }

  /** Forgets programs that have ended. */
  keep(lives: (program: Name) => boolean): void {
    this.#named.keep(lives)
  }
}

/** Returns the process that started the tool to which this one belongs. */
function runnerOf(program: ProcessRecord): ProcessRecord | undefined {
  let tool: ProcessRecord | undefined = program
  for (let at = 0; tool !== undefined && at < MAX_GENERATIONS; at++, tool = tool.forkedBy) {
    if (standsAlone(tool)) return tool.forkedBy
  }
  return undefined
}
