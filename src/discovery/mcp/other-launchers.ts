import type { PackageLaunch } from './package-spec.ts'

/** Launchers whose packages are of no ecosystem that a sighting has: of .NET and of Nix. */

/** `dnx --help` of .NET 10: the value of these is the next word. */
const OF_DNX: ReadonlySet<string> = new Set([
  ...['--version', '--configfile', '--source', '--add-source', '-v', '--verbosity'],
])
/** Fetched from elsewhere than the registry that everybody has. */
const ELSEWHERE = /^--(?:configfile|source|add-source)(?:=|$)/
const NUGET = /^([A-Za-z0-9_][\w.-]{0,99})(?:@(\S{1,64}))?$/
const EXACT_OF_NUGET = /^\[?\d+(?:\.\d+){1,3}(?:-[\w.-]+)?(?:\+[\w.-]+)?\]?$/

/** `dnx`, `dotnet dnx` and `dotnet tool exec` fetch a tool and run it. */
export function dotnetLaunch(program: string, args: readonly string[]): PackageLaunch | undefined {
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
const COMMIT = /^[0-9a-f]{40}$/

/** `nix run` fetches a flake, which a commit fixes with all that it is made of; one that lies here is fetched from nowhere. */
export function nixLaunch(args: readonly string[]): PackageLaunch | undefined {
  const verb = args.indexOf('run')
  const at = args.findIndex((arg, index) => index > verb && !arg.startsWith('-') && !takesValue(args[index - 1] ?? ''))
  const flake = args[at]
  if (verb === -1 || flake === undefined || flake === '--' || /^(?:[./~]|path:|git\+file:)/.test(flake))
    return undefined
  const [, forge, repository, revision = ''] = FORGE.exec(flake) ?? []
  const rest = args.slice(at + 1)
  if (forge !== undefined) {
    const called = { kind: 'repository', name: `${forge}.com/${repository}` } as const
    return { spec: undefined, pinned: COMMIT.test(revision), called, rest }
  }
  const isFixed = /[?&]rev=[0-9a-f]{40}(?:[&#]|$)/.test(flake)
  const isAddress = /^(?:git\+)?(?:https?|ssh):\/\//.test(flake)
  return { spec: undefined, pinned: isFixed, ...(isAddress ? { target: flake } : {}), rest }
}

/** Of `nix run --help` those that people give. */
function takesValue(flag: string): boolean {
  return /^(?:--extra-experimental-features|--experimental-features|--log-format|--builders|--max-jobs|-j|--cores)$/.test(
    flag,
  )
}
