import { type Catalogue, type CatalogueEntry, sessionVariables } from './catalogue.ts'

/**
 * Facts that would carry a secret off the device. A catalogue says what is read, compared and disclosed. Its author must not be
 * able to ask for more than the program is meant to disclose.
 */
export function secretFaults(catalogue: Catalogue): string[] {
  const variables = [...sessionVariables(catalogue), ...(catalogue.endpointVariables ?? [])]
  return [
    ...variables.filter(namesSecret).map((name) => `variable ${name} may hold a secret`),
    ...catalogue.entries.flatMap((entry) => entryFaults(entry).map((fault) => `${entry.id}: ${fault}`)),
  ]
}

const SECRET =
  /pass(word|wd|phrase|code)?$|secret|token|api[-_.]?key|(access|private|secret|signing)[-_.]?key|credential|cookie|bearer/i

function namesSecret(name: string): boolean {
  return SECRET.test(name)
}

function entryFaults(entry: CatalogueEntry): string[] {
  const flags = (entry.flags ?? []).filter(({ flag, values }) => values !== undefined && namesSecret(flag))
  const settings = (entry.settings ?? []).filter(({ key }) => key.some(namesSecret))
  const accounts = (entry.accounts ?? []).filter(
    ({ key, claim }) => claim === undefined && namesSecret(key.at(-1) ?? ''),
  )
  return [
    ...flags.map(({ flag }) => `values of flag ${flag} may be a secret`),
    ...settings.map(({ key }) => `setting ${key.join('.')} may hold a secret`),
    ...accounts.map(({ key }) => `account at ${key.join('.')} may be a secret`),
    ...wordFaults(entry),
    ...readPaths(entry)
      .filter((path) => KEPT_CLOSED.some((pattern) => pattern.test(path)) || couldMeanClosed(path))
      .map((path) => `${path} holds secrets of others`),
  ]
}

/** A word that is no flag is compared with what a person may have typed: only short words of a command line's grammar. */
function wordFaults({ flags = [] }: CatalogueEntry): string[] {
  const words = flags.filter(({ flag }) => !flag.startsWith('-'))
  return [
    ...words.filter(({ flag }) => flag.length > 16).map(({ flag }) => `${flag} is no word of a command line`),
    ...words.filter(({ values }) => values !== undefined).map(({ flag }) => `word ${flag} has no values`),
  ]
}

/** Where programs that are no agents keep their secrets. */
const KEPT_CLOSED: readonly RegExp[] = [
  /^~\/\.(ssh|gnupg|kube|password-store|mozilla|netrc|pgpass|git-credentials|npmrc|pypirc)(\/|$)/,
  /^~\/\.aws\/(config|credentials|sso|cli)(\/|$)/,
  /^~\/\.docker\/config\.json$/,
  /^~\/(\.config|Library\/Application Support)\/(google-chrome|chromium|Google\/Chrome|BraveSoftware|microsoft-edge|gcloud)(\/|$)/i,
  /^~\/\.local\/share\/keyrings(\/|$)/,
  /^\/(proc|sys|dev|root|home|run)(\/|$)/,
  // Any user can write there, and would choose what is read with the rights of root.
  /^\/(tmp|var\/tmp)(\/|$)/,
  /^\/etc\/(g?shadow-?|sudoers|ssh|ssl|surety)(\/|\.|$)/,
  /^\/var\/lib\/surety(\/|$)/,
  /(^|\/)(id_(rsa|ed25519|ecdsa)|.*\.pem|.*\.p12|\.env)$/,
]

/** Some of these as they are, for patterns that name none and fit them. */
const CLOSED_PATHS: readonly string[] = [
  ...['ssh', 'gnupg', 'kube', 'password-store', 'mozilla', 'netrc', 'pgpass', 'git-credentials', 'npmrc', 'pypirc'].map(
    (name) => `~/.${name}`,
  ),
  ...['~/.aws/config', '~/.aws/credentials', '~/.aws/sso', '~/.aws/cli', '~/.docker/config.json'],
  ...['~/.config/google-chrome', '~/.config/chromium', '~/.config/BraveSoftware', '~/.config/microsoft-edge'],
  ...['~/.config/gcloud', '~/.local/share/keyrings', '/var/tmp', '/var/lib/surety'],
  ...['/etc/shadow', '/etc/gshadow', '/etc/shadow-', '/etc/sudoers', '/etc/sudoers.d', '/etc/ssh', '/etc/ssl'],
  '/etc/surety',
]

/** Does a pattern with stars lead to one of them, or into it? */
function couldMeanClosed(pattern: string): boolean {
  if (!pattern.includes('*')) return false
  const segments = pattern.split('/')
  return CLOSED_PATHS.map((path) => path.split('/')).some(
    (closed) => segments.length >= closed.length && closed.every((name, at) => fits(segments[at] ?? '', name)),
  )
}

/** The lint of spelling allows one star in a segment. */
function fits(segment: string, name: string): boolean {
  const [start = '', ...rest] = segment.split('*')
  if (rest.length === 0) return segment === name
  const end = rest.at(-1) ?? ''
  return name.startsWith(start) && name.endsWith(end) && name.length >= start.length + end.length
}

/** Files whose content is parsed, hashed or told of. */
function readPaths(entry: CatalogueEntry): string[] {
  const { darwin } = entry
  const facts: readonly (readonly { readonly path: string }[] | undefined)[] = [
    entry.mcp,
    entry.workspaces,
    entry.settings,
    entry.files,
    entry.accounts,
    entry.pidFiles,
    entry.managedSettings,
    entry.pluginSwitches,
    entry.pluginRecords,
    entry.pluginMarkets,
    entry.serverSwitches,
    entry.serverRefusals,
    darwin?.mcp,
    darwin?.files,
  ]
  const inPlugins = (entry.plugins ?? []).flatMap(({ path, manifest, link }) =>
    [manifest, link].flatMap((name) => (name === undefined ? [] : [`${path}/${name}`])),
  )
  const beside = (entry.mcp ?? []).flatMap(({ states, definedIn, approvals = [] }) =>
    [states, definedIn, ...approvals].flatMap((fact) => fact?.path ?? []),
  )
  const trusts = [...(entry.mcp ?? []), ...(entry.pluginSwitches ?? []), ...(entry.serverSwitches ?? [])].flatMap(
    ({ trusted }) => trusted?.path ?? [],
  )
  const manifests = (entry.models ?? []).filter(({ blobs }) => blobs !== undefined).map(({ path }) => path)
  return [
    ...facts.flatMap((each) => each ?? []).map(({ path }) => path),
    ...inPlugins,
    ...beside,
    ...trusts,
    ...manifests,
  ]
}
