import type { McpServerSighting } from '../../protocol/sighting.ts'
import { programOf } from '../matching/script-argument.ts'
import { looksSecret } from '../redaction/known-tokens.ts'
import { looksRandom } from '../redaction/random-text.ts'
import { isShell } from '../shell/shell-input.ts'
import { commandName } from './launchers.ts'
import { withoutName } from './package-spec.ts'
import type { StartedCommand } from './unwrap-command.ts'

export type Runs = NonNullable<McpServerSighting['runs']>

/** Programs that run what they are given and are no interpreters of an agent. */
const RUNNERS = /^(?:ruby|perl|php|lua|java|dotnet|tsx|ts-node|uv|pipenv|poetry|rye|hatch|pdm|osascript|rscript)$/
const SCRIPT = /\.(?:[cm]?[jt]sx?|pyz?|rb|pl|php|lua|jar|dll|sh|bash|zsh|ps1|cmd|bat|scpt|r)$/i
/** Scripts that bear no name of their own, and folders that bear none of their package. */
const NAMELESS = /^(?:index|main|__main__|cli|start|run|server|app|bin|mcp)(?:\.\w+)?$/i
const OF_BUILDS = /^(?:dist|build|out|lib|src|bin|release|target|scripts?)$/i

/**
 * @param target what a launcher was asked to run where that has no name of a package.
 * @returns undefined for a program that is started as it is, for code on the command line, and where the name could be anything.
 */
export function whatRuns({ words, isDirect, isSure }: StartedCommand, target?: string): Runs | undefined {
  // A path here is a folder, and may be called anything.
  if (target !== undefined) return fetchedFrom(target)
  const [first = '', ...args] = words
  const name = commandName(first)
  const program = programOf(name, [name, ...args])
  if (program?.kind === 'script') return sourceOf(program.path)
  if (program?.kind === 'module') return named('module', program.name)
  if (RUNNERS.test(name) || isShell(name)) {
    const script = args.find((arg) => SCRIPT.test(arg))
    return script === undefined ? undefined : sourceOf(script)
  }
  // Within quotes there may be more of it.
  return isDirect || !isSure || /["'`$]/.test(first) ? undefined : named('program', name)
}

/** A package of a registry that a sighting has no word for. */
export function packageCalled({ kind, name }: Runs): Runs | undefined {
  return named(kind, name)
}

/** The registry that a package is fetched from, by its host; an ellipsis where that is not to be told. */
export function registryAt(address: string): Runs {
  const host = URL.parse(address.replace(/^[\w-]+=/, ''))?.host ?? ''
  return (host === '' ? undefined : named('address', host)) ?? { kind: 'address', name: '\u2026' }
}

/** Several things of one line are told as one. */
export function together([first, ...others]: readonly Runs[]): Runs | undefined {
  if (first === undefined) return undefined
  const more = [...new Set(others.map(({ name }) => name))].filter((name) => name !== first.name)
  const shown = more.length > MAX_TOGETHER ? [...more.slice(0, MAX_TOGETHER), '\u2026'] : more
  return { kind: first.kind, name: [first.name, ...shown].join(' + ').slice(0, 256) }
}

const MAX_TOGETHER = 7

/** The program alone, whatever it is given. */
export function programIn({ words, isSure }: StartedCommand): Runs | undefined {
  return isSure && /^[^-"'`$]+$/.test(words[0] ?? '') ? named('program', commandName(words[0] ?? '')) : undefined
}

function sourceOf(script: string): Runs | undefined {
  return SCHEME.test(script) ? fetchedFrom(script) : scriptAt(script)
}

/** One letter is a drive of Windows. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i
const FILE = /^[\w.@+-]+\.(?:tgz|tar\.gz|zip|whl|[cm]?[jt]sx?|py)$/i

/** Where it is fetched from, without who asks, which state is asked for, and what else an address may hold. */
function fetchedFrom(text: string): Runs | undefined {
  const source = withoutName(text)
  const [, forge = '', short] = /^(github|gitlab|bitbucket):(\w[\w.-]*\/\w[\w.-]*)(?:#.*)?$/s.exec(source) ?? []
  if (short !== undefined) return named('repository', `${FORGES[forge]}/${short}`)
  if (/^jsr:/i.test(source)) return named('address', source)
  const url = /^[a-z][a-z0-9+.-]+:\/\//i.test(source) ? URL.parse(source.replace(/^git\+/i, '')) : null
  if (url === null || url.host === '') return undefined
  if (/^git(?:\+|:)/i.test(source) || /\.git(?:[#@]|$)/.test(source)) {
    const path = url.pathname.replace(/@[^/]*$/, '').replace(/\.git$/, '')
    // Elsewhere a path may hold a token.
    return (OF_FORGES.has(url.host) ? named('repository', url.host + path) : undefined) ?? named('repository', url.host)
  }
  const file = url.pathname.split('/').at(-1) ?? ''
  return (FILE.test(file) ? named('address', `${url.host}/…/${file}`) : undefined) ?? named('address', url.host)
}

/** Where the path of a repository is who owns it and what it is called. */
const OF_FORGES: ReadonlySet<string> = new Set(['github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org'])
const FORGES: Readonly<Record<string, string>> = {
  github: 'github.com',
  gitlab: 'gitlab.com',
  bitbucket: 'bitbucket.org',
}

function scriptAt(path: string): Runs | undefined {
  const [file = '', ...above] = path.split(/[/\\]/).reverse()
  const at = NAMELESS.test(file) ? above.findIndex((each) => /\w/.test(each) && !OF_BUILDS.test(each)) : -1
  // The path of a home differs between devices.
  const folder = at === -1 || /^(?:home|users)$/i.test(above[at + 1] ?? '') ? undefined : above[at]
  return (folder === undefined ? undefined : named('script', `${folder}/${file}`)) ?? named('script', file)
}

/** Parts that read like names, and nothing that could be a secret. */
function named(kind: Runs['kind'], name: string): Runs | undefined {
  const parts = name.split(/[/:]/)
  const readsLikeName = parts.every((part) => /^(?:@?\w[\w.@+-]{0,63}|\u2026)$/.test(part))
  const isSecret = looksSecret(name) || name.split(/[^A-Za-z0-9]/).some(looksRandom)
  return readsLikeName && !isSecret && name.length <= 256 ? { kind, name } : undefined
}
