import { looksLikeTokenOfPackage } from '../redaction/random-text.ts'
import { isSecretName } from '../redaction/redact-name.ts'

/** What a launcher is asked to fetch, as far as it has the name of a package. */
export interface PackageSpec {
  readonly ecosystem: 'npm' | 'pypi' | 'docker'
  readonly name: string
  readonly version?: string
  /** The same bytes each time, as far as the registry keeps its word. */
  readonly pinned: boolean
}

/** What a launcher (`npx`, `uvx`, `docker run` …) fetches and runs, read from its arguments. */
export interface PackageLaunch {
  readonly ecosystem?: PackageSpec['ecosystem']
  /** Undefined where no name can be told. */
  readonly spec: PackageSpec | undefined
  /** The same bytes each time: of all that it fetches the exact version is said, or it fetches nothing. */
  readonly pinned: boolean
  /** What it was asked to run; stays on the device. */
  readonly target?: string
  /** What people call it where there is no `spec`. */
  readonly called?: { readonly kind: 'program' | 'repository'; readonly name: string }
  /** What follows it on the command line; stays on the device. */
  readonly rest: readonly string[]
  /** Where else it is fetched from than the usual registry; an empty text where a file may say it. Stays on the device. */
  readonly from?: readonly string[]
}

const NPM = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:@([^@\s/:]{1,64}))?$/i
/** PEP 508, and the `name@version` of uv. */
const PYPI =
  /^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,._ -]*\])?\s*(?:(?:={2,3}|@)\s*([^@\s/:,;]{1,64})|([<>=!~][\w.*+!<>=~, -]{1,63}))?$/i
const IMAGE = /^((?:[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9][a-z0-9._/-]*?)(?::([\w.-]{1,64}))?(?:@(sha256:[0-9a-f]{64}))?$/i

const EXACT = {
  // Of fewer numbers npm takes the newest that begins so.
  npm: /^v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/,
  pypi: /^v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|post|rev|r|dev)[-_.]?\d*)*(?:\+[a-z0-9.]+)?$/i,
} as const

/** Nothing is told of what does not look like a package: a path or an address may hold anything. */
export function readSpec(ecosystem: PackageSpec['ecosystem'], text: string): PackageSpec | undefined {
  if (ecosystem === 'docker') return readImage(text)
  const [, name, version, range] = (ecosystem === 'npm' ? NPM : PYPI).exec(text) ?? []
  if (name === undefined || isNoPackage(name)) return undefined
  const said = version ?? range
  return {
    ecosystem,
    name: name.slice(0, 256),
    ...(said === undefined || isSecretName(said) ? {} : { version: said }),
    pinned: version !== undefined && EXACT[ecosystem].test(version),
  }
}

function readImage(text: string): PackageSpec | undefined {
  const [, name, tag, digest] = IMAGE.exec(text) ?? []
  if (name === undefined || isNoPackage(name)) return undefined
  const version = tag ?? digest?.slice(0, 64)
  return {
    ecosystem: 'docker',
    name: name.slice(0, 256),
    ...(version === undefined || isSecretName(version) ? {} : { version }),
    pinned: digest !== undefined,
  }
}

function isNoPackage(name: string): boolean {
  return isSecretName(name) || looksLikeTokenOfPackage(name)
}

/** Code that lies on this machine. */
const LOCAL = /^(?:\.{0,2}[/\\]|\.{1,2}$|~\/|[a-z]:[/\\]|file:)/i
/** A repository, as npm and pip write it. */
const REPOSITORY =
  /^(?:git(?:\+[a-z]+)?:|(?:github|gitlab|bitbucket|gist):|https?:\/\/[^#\s]*\.git[#@]|[\w.-]+\/[\w.-]+(?:#|$))/i
/** pip says the commit behind `@`, npm behind `#`. */
const COMMIT = { npm: /#([0-9a-f]{40}|[0-9a-f]{64})$/i, pypi: /@([0-9a-f]{40}|[0-9a-f]{64})(?:#|$)/i } as const

/** Are there the same bytes each time? Code that lies here is no version of anything: it is fetched from nowhere. */
export function isFixed(ecosystem: PackageSpec['ecosystem'], text: string): boolean {
  const spec = readSpec(ecosystem, text)
  if (spec !== undefined) return spec.pinned
  if (ecosystem === 'docker') return false
  const source = withoutName(text)
  return LOCAL.test(source) || (REPOSITORY.test(source) && COMMIT[ecosystem].test(source))
}

/** `name @ git+https://…` of PEP 508. */
export function withoutName(text: string): string {
  return text.replace(/^[a-z0-9._-]+(?:\[[a-z0-9,._ -]*\])?\s*@\s*(?=[a-z+]+:)/i, '')
}

type Ecosystem = PackageSpec['ecosystem']

const USUAL: Readonly<Record<Ecosystem, RegExp>> = {
  npm: /^https:\/\/registry\.(?:npmjs\.org|yarnpkg\.com)\/?$/i,
  pypi: /^(?:[\w-]+=)?https:\/\/pypi\.org\/simple\/?$/i,
  docker: /^$/,
}

/** Whether this is the registry that is used if none is named. */
export function isUsual(ecosystem: Ecosystem, address: string): boolean {
  return USUAL[ecosystem].test(address)
}

/** Variables that say where packages are fetched from, or name a file that may. */
const VARIABLES: Readonly<Record<Ecosystem, RegExp>> = {
  npm: /^(?:npm_config_(?:.*registry|userconfig|globalconfig)|(?:bun|pnpm)_config_registry|yarn_npm_registry_server|yarn_registry)$/i,
  pypi: /^(?:UV_(?:INDEX|DEFAULT_INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|CONFIG_FILE)|PIP_(?:INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|CONFIG_FILE))$/,
  docker: /^$/,
}

/** Has a variable packages of this kind fetched from elsewhere? Its value stays on the device. */
export function isFetchedElsewhere(
  ecosystem: Ecosystem,
  variables: readonly (readonly [name: string, value: string])[],
): boolean {
  return variables.some(
    ([name, value]) => VARIABLES[ecosystem].test(name) && value !== '' && !isUsual(ecosystem, value),
  )
}
