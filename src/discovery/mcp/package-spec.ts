/** Which package a launcher (`npx`, `uvx`, `docker run` …) fetches and runs, read from its arguments. */
export interface PackageSpec {
  readonly ecosystem: 'npm' | 'pypi' | 'docker'
  readonly name: string
  readonly version?: string
  /** The same bytes each time, as far as the registry keeps its word. */
  readonly pinned: boolean
}

interface Launcher {
  readonly ecosystem: PackageSpec['ecosystem']
  /** Words between the program and its own flags: `npm exec`, `uv tool run`. */
  readonly verbs: readonly string[]
  /** Flags whose next argument is the package. */
  readonly packageFlags: readonly string[]
  /** Flags that take another argument. */
  readonly valueFlags: readonly string[]
}

const NPX_VALUES = ['-c', '--call', '--registry', '--cache', '--userconfig', '-w', '--workspace']
const UVX_VALUES = [
  '--with',
  '--python',
  '-p',
  '--index-url',
  '--extra-index-url',
  '--default-index',
  '--index',
  '--directory',
]
const DOCKER_VALUES = [
  '-e',
  '--env',
  '-v',
  '--volume',
  '--mount',
  '--name',
  '-p',
  '--publish',
  '--network',
  '--env-file',
  '-w',
  '--workdir',
  '-u',
  '--user',
  '--entrypoint',
  '--platform',
  '-l',
  '--label',
  '--add-host',
  '-m',
  '--memory',
  '--cpus',
  '--pull',
]
const npm = (...verbs: string[]): Launcher => ({
  ecosystem: 'npm',
  verbs,
  packageFlags: ['-p', '--package'],
  valueFlags: NPX_VALUES,
})
const pypi = (...verbs: string[]): Launcher => ({
  ecosystem: 'pypi',
  verbs,
  packageFlags: ['--from', '--spec'],
  valueFlags: UVX_VALUES,
})
const container: Launcher = { ecosystem: 'docker', verbs: ['run'], packageFlags: [], valueFlags: DOCKER_VALUES }

const LAUNCHERS: Readonly<Record<string, readonly Launcher[]>> = {
  npx: [npm()],
  bunx: [npm()],
  pnpx: [npm()],
  npm: [npm('exec'), npm('x')],
  pnpm: [npm('dlx')],
  yarn: [npm('dlx')],
  bun: [npm('x')],
  uvx: [pypi()],
  // uvx becomes `uv tool uvx`.
  uv: [pypi('tool', 'run'), pypi('tool', 'uvx')],
  pipx: [pypi('run')],
  docker: [container],
  podman: [container],
}

/** Flags of any launcher that take no other argument. */
const PLAIN_FLAGS =
  /^(?:-[yqsvndit]+|--(?:|yes|quiet|silent|verbose|no-install|no|ignore-existing|prefer-(?:online|offline)|offline|isolated|no-cache|refresh|no-config|native-tls|no-progress|bun|rm|init|interactive|tty|detach|privileged|read-only))$/

/** @param program the base name of what is started, without `.exe` or `.cmd`. */
export function packageOf(program: string, args: readonly string[]): PackageSpec | undefined {
  return packageLaunch(program, args)?.spec
}

export interface PackageLaunch {
  readonly spec: PackageSpec
  /** What stands behind it on the command line. */
  readonly rest: readonly string[]
}

/** As `packageOf`, with what the package is given. Stays on the device. */
export function packageLaunch(program: string, args: readonly string[]): PackageLaunch | undefined {
  const launchers = Object.hasOwn(LAUNCHERS, program) ? (LAUNCHERS[program] ?? []) : []
  for (const launcher of launchers) {
    if (!launcher.verbs.every((verb, index) => args[index] === verb)) continue
    const found = packageArgument(launcher, args.slice(launcher.verbs.length))
    const spec = found === undefined ? undefined : readSpec(launcher.ecosystem, found.text)
    return spec === undefined || found === undefined ? undefined : { spec, rest: found.rest }
  }
  return undefined
}

function packageArgument(launcher: Launcher, args: readonly string[]) {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    if (!arg.startsWith('-')) return { text: arg, rest: args.slice(i + 1) }
    if (launcher.packageFlags.includes(arg)) return { text: args[i + 1] ?? '', rest: args.slice(i + 2) }
    const equals = arg.indexOf('=')
    if (equals !== -1 && launcher.packageFlags.includes(arg.slice(0, equals))) {
      return { text: arg.slice(equals + 1), rest: args.slice(i + 1) }
    }
    if (launcher.valueFlags.includes(arg)) i++
    // Of a flag nobody knows the next word may be the value, and that may be a secret: then no package is told.
    else if (equals === -1 && !PLAIN_FLAGS.test(arg)) return undefined
  }
  return undefined
}

const NPM = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:@([^@\s/:]{1,64}))?$/i
const PYPI = /^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,._-]*\])?(?:(?:==|@)([^@\s/:]{1,64}))?$/i
const IMAGE = /^((?:[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9][a-z0-9._/-]*?)(?::([\w.-]{1,64}))?(?:@(sha256:[0-9a-f]{64}))?$/i
const EXACT = /^v?\d+(?:\.\d+){1,3}(?:[-+.][0-9A-Za-z.+-]+)?$/

/** Nothing is told of what does not look like a package: a path or an address may hold anything. */
function readSpec(ecosystem: PackageSpec['ecosystem'], spec: string): PackageSpec | undefined {
  if (ecosystem === 'docker') return readImage(spec)
  const [, name, version] = (ecosystem === 'npm' ? NPM : PYPI).exec(spec) ?? []
  if (name === undefined) return undefined
  return {
    ecosystem,
    name: name.slice(0, 256),
    ...(version === undefined ? {} : { version }),
    pinned: version !== undefined && EXACT.test(version),
  }
}

function readImage(spec: string): PackageSpec | undefined {
  const [, name, tag, digest] = IMAGE.exec(spec) ?? []
  if (name === undefined) return undefined
  const version = tag ?? digest?.slice(0, 64)
  return {
    ecosystem: 'docker',
    name: name.slice(0, 256),
    ...(version === undefined ? {} : { version }),
    pinned: digest !== undefined,
  }
}
