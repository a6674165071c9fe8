import { programOf } from '../script-argument.ts'
import { type LauncherCall, launcherCall } from './launchers.ts'
import { isFixed, type PackageSpec, readSpec } from './package-spec.ts'

/** What a launcher (`npx`, `uvx`, `docker run` …) fetches and runs, read from its arguments. */
export interface PackageLaunch {
  /** Undefined where no name can be told. */
  readonly spec: PackageSpec | undefined
  /** The same bytes each time: of all that it fetches the exact version is said, or it fetches nothing. */
  readonly pinned: boolean
  /** What it was asked to run; stays on the device. */
  readonly target?: string
  /** What stands behind it on the command line; stays on the device. */
  readonly rest: readonly string[]
}

/**
 * @param program the base name of what is started, without `.exe` or `.cmd`.
 * @returns undefined when that is no launcher, or is asked to fetch nothing.
 */
export function packageLaunch(program: string, args: readonly string[]): PackageLaunch | undefined {
  if (program === 'deno') return denoLaunch(args)
  const call = launcherCall(program, args)
  return call === undefined ? undefined : readCall(call)
}

/** Of a flag nobody knows the next word may be the value, and that may be a secret: then no package is told. */
const CANNOT_BE_TOLD: PackageLaunch = { spec: undefined, pinned: false, rest: [] }

function readCall({ launcher, args }: LauncherCall): PackageLaunch | undefined {
  const { ecosystem, flags, takesPackage } = launcher
  const named: { readonly text: string; readonly rest: readonly string[] }[] = []
  const besides: string[] = []
  let [at, installed, listed] = [0, false, false]
  for (; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (!arg.startsWith('-')) break
    if (flags.installed.includes(arg)) installed = true
    else if (arg !== '--' && !flags.plain.test(arg)) {
      const equals = arg.indexOf('=')
      const flag = equals === -1 ? arg : arg.slice(0, equals)
      const value = equals === -1 ? (args[at + 1] ?? '') : arg.slice(equals + 1)
      const takesValue = [flags.package, flags.besides, flags.lists, flags.value].some((each) => each.includes(flag))
      if (equals === -1 && !takesValue) return CANNOT_BE_TOLD
      if (equals === -1) at++
      if (flags.package.includes(flag)) named.push({ text: value, rest: args.slice(at + 1) })
      if (flags.besides.includes(flag)) besides.push(...value.split(','))
      if (flags.lists.includes(flag)) listed = true
    }
  }
  const own = takesPackage && at < args.length ? [{ text: args[at] ?? '', rest: args.slice(at + 1) }] : []
  const asked = named.length > 0 ? named : own
  const [first] = asked
  const fetched = [...asked.map(({ text }) => text), ...besides]
  if (fetched.length === 0 && !listed) return undefined
  return {
    spec: first && readSpec(ecosystem, first.text),
    pinned: installed || (!listed && fetched.every((text) => isFixed(ecosystem, text))),
    ...(first === undefined ? {} : { target: ecosystem === 'npm' ? withForge(first.text) : first.text }),
    rest: first?.rest ?? [],
  }
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
