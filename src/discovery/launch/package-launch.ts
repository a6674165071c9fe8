import { programOf } from '../matching/script-argument.ts'
import { type LauncherCall, launcherCall } from './launchers.ts'
import { isFixed, isUsual, type PackageLaunch, readSpec } from './package-spec.ts'

/**
 * @param program the base name of what is started, without `.exe` or `.cmd`.
 * @returns undefined when that is no launcher, or is asked to fetch nothing.
 */
export function packageLaunch(program: string, args: readonly string[]): PackageLaunch | undefined {
  if (program === 'deno') return denoLaunch(args)
  if (program === 'go') return goLaunch(args)
  if (program === 'dnx' || program === 'dotnet') return dotnetLaunch(program, args)
  if (program === 'nix') return nixLaunch(args)
  const call = launcherCall(program, args)
  return call === undefined ? undefined : readCall(call)
}

/** A text that a launcher has a shell run: `npx -c TEXT`. */
export function textOfCall(program: string, args: readonly string[]): string | undefined {
  const call = launcherCall(program, args)
  return call && readFlags(call)?.text
}

/** The word after an unknown flag may be its value, and a secret. No package is then reported. */
const CANNOT_BE_TOLD: PackageLaunch = { spec: undefined, pinned: false, rest: [] }

interface Flags {
  readonly packages: { readonly text: string; readonly rest: readonly string[] }[]
  readonly besides: string[]
  readonly from: string[]
  installed: boolean
  listed: boolean
  text: string | undefined
  /** Where they end. */
  end: number
}

/** @returns undefined if it cannot be decided what each word is. */
function readFlags({ launcher: { flags }, args }: LauncherCall): Flags | undefined {
  const read: Flags = { packages: [], besides: [], from: [], installed: false, listed: false, text: undefined, end: 0 }
  let at = 0
  for (; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (!arg.startsWith('-')) break
    if (flags.installed.includes(arg)) read.installed = true
    else if (arg !== '--' && !flags.plain.test(arg)) {
      const equals = arg.indexOf('=')
      const flag = equals === -1 ? arg : arg.slice(0, equals)
      const value = equals === -1 ? (args[at + 1] ?? '') : arg.slice(equals + 1)
      const lists = [flags.package, flags.besides, flags.lists, flags.settings, flags.text, flags.value]
      const isKnown = flags.from.test(flag) || lists.some((each) => each.includes(flag))
      if (!isKnown && (equals === -1 || !flag.startsWith('--'))) return undefined
      if (equals === -1) at++
      if (flags.package.includes(flag)) read.packages.push({ text: value, rest: args.slice(at + 1) })
      if (flags.besides.includes(flag)) read.besides.push(...value.split(','))
      if (flags.lists.includes(flag)) read.listed = true
      if (flags.from.test(flag)) read.from.push(value)
      if (flags.settings.includes(flag)) read.from.push('')
      if (flags.text.includes(flag)) read.text = value
    }
  }
  return { ...read, end: at }
}

function readCall(call: LauncherCall): PackageLaunch | undefined {
  const { launcher, args } = call
  const { ecosystem, takesPackage, nameOf = (text: string) => text } = launcher
  const read = readFlags(call)
  if (read === undefined) return CANNOT_BE_TOLD
  const { packages, besides, installed, listed, text, end } = read
  const word = args[end]
  const isOwn = word !== undefined && text === undefined && (takesPackage || /^https?:/i.test(word))
  const own = isOwn ? [{ text: nameOf(word), rest: args.slice(end + 1) }] : []
  const asked = packages.length > 0 ? packages : own
  const [first] = asked
  const fetched = [...asked.map(({ text }) => text), ...besides]
  if (fetched.length === 0 && !listed && text === undefined) return undefined
  const from = installed ? [] : elsewhere(call, read)
  // A text without a package runs what is installed, else what is called so.
  const areFixed = fetched.length > 0 && fetched.every((each) => isFixed(ecosystem, each))
  return {
    ecosystem,
    spec: first && readSpec(ecosystem, first.text),
    pinned: installed || (!listed && areFixed && from.length === 0),
    ...(first === undefined ? {} : { target: ecosystem === 'npm' ? withForge(first.text) : first.text }),
    rest: first?.rest ?? [],
    ...(from.length === 0 ? {} : { from }),
  }
}

function elsewhere(
  { launcher: { ecosystem, flags, flagsAnywhere }, args }: LauncherCall,
  { from, end }: Flags,
): string[] {
  const behind = args.slice(end)
  const dashes = behind.indexOf('--')
  const all = [...from]
  for (const [at, arg] of flagsAnywhere === true ? behind.slice(0, dashes === -1 ? undefined : dashes).entries() : []) {
    const [flag = '', ...value] = arg.split('=')
    const said = value.length > 0 ? value.join('=') : (behind[at + 1] ?? '')
    if (flags.from.test(flag)) all.push(said)
    if (flags.settings.includes(flag)) all.push('')
  }
  return all.filter((address) => !isUsual(ecosystem, address))
}

/** What npm takes for a repository of GitHub. */
function withForge(text: string): string {
  return /^\w[\w.-]*\/[\w.-]+(?:#|$)/.test(text) ? `github:${text}` : text
}

/** Deno runs scripts, and fetches those that have an address or are of a registry. */
function denoLaunch(args: readonly string[]): PackageLaunch | undefined {
  const script = programOf('deno', ['deno', ...args])
  if (script?.kind !== 'script') return undefined
  const { path: target, args: rest } = script
  const [, registry = '', text = ''] = /^(npm|jsr|https?):\/*((?:@[^/]*\/)?[^/]*)/i.exec(target) ?? []
  if (registry === '') return undefined
  const spec = readSpec('npm', text)
  return {
    spec: registry === 'npm' ? spec : undefined,
    pinned: /^(npm|jsr)$/.test(registry) && spec?.pinned === true,
    target,
    rest,
  }
}

/** The value of these is the next word. */
const OF_GO: ReadonlySet<string> = new Set(
  '-C -asmflags -buildmode -buildvcs -compiler -covermode -coverpkg -exec -gcflags -gccgoflags -installsuffix -ldflags -mod -modfile -o -overlay -p -pgo -pkgdir -tags -toolexec'.split(
    ' ',
  ),
)

/** Go fetches what is named with a version; without one it is what a module here says. */
function goLaunch([verb, ...args]: readonly string[]): PackageLaunch | undefined {
  if (verb !== 'run') return undefined
  const at = args.findIndex((arg, index) => !arg.startsWith('-') && !OF_GO.has(args[index - 1] ?? ''))
  const [, path, version = ''] = /^([\w.-]+\.[a-z]+\/[^@\s]*)@(\S*)$/i.exec(args[at] ?? '') ?? []
  if (path === undefined) return undefined
  return {
    spec: undefined,
    pinned: /^v\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(version) || /^[0-9a-f]{40}$/.test(version),
    target: `git+https://${path}`,
    rest: args.slice(at + 1),
  }
}

/** Launchers whose packages are of no ecosystem that a sighting has: of .NET and of Nix. */

/** `dnx --help` of .NET 10: the value of these is the next word. */
const OF_DNX: ReadonlySet<string> = new Set([
  ...['--version', '--configfile', '--source', '--add-source', '-v', '--verbosity'],
])
/** Fetched from another registry than the usual one. */
const ELSEWHERE = /^--(?:configfile|source|add-source)(?:=|$)/
const NUGET = /^([A-Za-z0-9_][\w.-]{0,99})(?:@(\S{1,64}))?$/
const EXACT_OF_NUGET = /^\[?\d+(?:\.\d+){1,3}(?:-[\w.-]+)?(?:\+[\w.-]+)?\]?$/

/** `dnx`, `dotnet dnx` and `dotnet tool exec` fetch a tool and run it. */
function dotnetLaunch(program: string, args: readonly string[]): PackageLaunch | undefined {
  const verbs = program === 'dnx' ? [] : args[0] === 'dnx' ? ['dnx'] : ['tool', 'exec']
  if (!verbs.every((verb, at) => args[at] === verb)) return undefined
  const own = args.slice(verbs.length)
  const isValue = (at: number) => OF_DNX.has(own[at - 1] ?? '')
  const at = own.findIndex((arg, index) => !arg.startsWith('-') && !isValue(index))
  const [, name, behindAt] = NUGET.exec(own[at] ?? '') ?? []
  if (name === undefined) return at === -1 ? undefined : { spec: undefined, pinned: false, rest: [] }
  const dashes = own.indexOf('--')
  const options = dashes === -1 ? own : own.slice(0, dashes)
  const flag = options.findIndex((arg) => /^--version(?:=|$)/.test(arg))
  const said = options[flag]?.includes('=') ? options[flag]?.split('=')[1] : options[flag + 1]
  const version = behindAt ?? (flag === -1 ? '' : (said ?? ''))
  const isElsewhere = options.some((arg) => ELSEWHERE.test(arg))
  return {
    spec: undefined,
    pinned: EXACT_OF_NUGET.test(version) && !isElsewhere,
    called: { kind: 'program', name },
    rest: own.slice(at + 1),
  }
}

const FORGE = /^(github|gitlab):([\w.-]+\/[\w.-]+)(?:\/([^#?/]+))?/
const COMMIT_ID = /^[0-9a-f]{40}$/

/** `nix run` fetches a flake, which a commit fixes with all that it is made of; one that lies here is fetched from nowhere. */
function nixLaunch(args: readonly string[]): PackageLaunch | undefined {
  const verb = args.indexOf('run')
  const at = args.findIndex(
    (arg, index) => index > verb && !arg.startsWith('-') && !nixFlagTakesValue(args[index - 1] ?? ''),
  )
  const flake = args[at]
  if (verb === -1 || flake === undefined || flake === '--' || /^(?:[./~]|path:|git\+file:)/.test(flake))
    return undefined
  const [, forge, repository, revision = ''] = FORGE.exec(flake) ?? []
  const rest = args.slice(at + 1)
  if (forge !== undefined) {
    const called = { kind: 'repository', name: `${forge}.com/${repository}` } as const
    return { spec: undefined, pinned: COMMIT_ID.test(revision), called, rest }
  }
  const isFixed = /[?&]rev=[0-9a-f]{40}(?:[&#]|$)/.test(flake)
  const isAddress = /^(?:git\+)?(?:https?|ssh):\/\//.test(flake)
  return { spec: undefined, pinned: isFixed, ...(isAddress ? { target: flake } : {}), rest }
}

/** Of `nix run --help` those that people give. */
function nixFlagTakesValue(flag: string): boolean {
  return /^(?:--extra-experimental-features|--experimental-features|--log-format|--builders|--max-jobs|-j|--cores)$/.test(
    flag,
  )
}
