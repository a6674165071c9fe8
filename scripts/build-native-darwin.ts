/** Cross-compiles what is ours for macOS with clang and lld: one file for both processors, signed ad hoc. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const TOOLS = {
  compiler: '/usr/bin/clang-19',
  linker: '/usr/bin/ld64.lld-19',
  joiner: '/usr/bin/llvm-lipo-19',
} as const
const PACKAGES = 'clang-19 lld-19 llvm-19'
/** The oldest macOS that the pinned Node runs on. */
const OLDEST_MACOS = '13.0'
/** As clang and as the linker call the processors. */
const PROCESSORS = ['arm64', 'x86_64'] as const
const FLAGS = [
  ...['-std=c11', '-O2', '-ffreestanding', '-fPIC', '-fvisibility=hidden', '-fstack-protector-strong'],
  ...['-Wall', '-Wextra', '-Werror', '-DBUILDING_NODE_EXTENSION'],
]

export interface DarwinBuildInit {
  readonly form: 'addon' | 'program'
  /** A folder. */
  readonly sources: string
  /** Files of other folders. */
  readonly more?: readonly string[]
  /** Of the system, in Objective-C. What they have is found when the program starts. */
  readonly frameworks?: readonly string[]
  /** Names for the linker what libSystem has. */
  readonly library: string
  /** Of Node. */
  readonly headers: string
  readonly output: string
  /** Compiles what is up to date too. */
  readonly force: boolean
}

/** Apple's headers are not needed: `system.h` declares what we call, and `libSystem.tbd` names it for the linker. */
export function buildForDarwin(init: DarwinBuildInit): boolean {
  const { sources, more = [], library, output, force } = init
  const name = basename(output)
  if (!Object.values(TOOLS).every((tool) => existsSync(tool))) {
    console.log(`${name}: not built: apt-get install ${PACKAGES}`)
    return false
  }
  const files = [...readdirSync(sources).map((file) => join(sources, file)), ...more]
  if (!force && existsSync(output)) {
    const builtAt = statSync(output).mtimeMs
    if ([...files, library, import.meta.filename].every((path) => statSync(path).mtimeMs <= builtAt)) {
      console.log(`${name}: up to date`)
      return true
    }
  }
  const folder = join(dirname(output), `making-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  try {
    const units = files.filter((path) => /\.[cm]$/.test(path))
    const parts = PROCESSORS.map((processor) => link(processor, { ...init, units, folder }))
    const whole = join(folder, name)
    if (parts.includes(undefined)) return false
    if (!run(TOOLS.joiner, ['-create', ...parts.flatMap((part) => part ?? []), '-output', whole])) return false
    renameSync(whole, output)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  console.log(`${name}: built`)
  return true
}

interface LinkInit extends DarwinBuildInit {
  readonly units: readonly string[]
  readonly folder: string
}

/** @returns the file for one processor; undefined when a tool failed, which then said why. */
function link(
  processor: (typeof PROCESSORS)[number],
  { form, units, library, headers, folder, frameworks = [] }: LinkInit,
): string | undefined {
  const objects = units.map((unit) => {
    const object = join(folder, `${processor}-${basename(unit)}.o`)
    const target = ['-target', `${processor}-apple-macos${OLDEST_MACOS}`]
    const language = unit.endsWith('.m') ? ['-fblocks'] : []
    return run(TOOLS.compiler, [...target, ...FLAGS, ...language, `-I${headers}`, '-c', unit, '-o', object])
      ? object
      : undefined
  })
  if (objects.includes(undefined)) return undefined
  const output = join(folder, `${processor}.linked`)
  const platform = ['-arch', processor, '-platform_version', 'macos', OLDEST_MACOS, OLDEST_MACOS]
  // The functions of Node are found in the program that loads the addon.
  const kind = form === 'addon' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-execute', '-pie']
  const names = frameworks.map((framework) => stubOf(framework, folder))
  const lookup = frameworks.length > 0 ? ['-undefined', 'dynamic_lookup'] : []
  const inputs = [...objects.flatMap((object) => object ?? []), library, ...names]
  const args = [...platform, ...kind, ...lookup, '-adhoc_codesign', '-o', output, ...inputs]
  return run(TOOLS.linker, args) ? output : undefined
}

/** Names a library for the linker, and nothing of what it has: which of Apple's libraries has a class differs between versions. */
function stubOf(path: string, folder: string): string {
  const stub = join(folder, `${basename(path)}.tbd`)
  const targets = PROCESSORS.map((processor) => `${processor}-macos`).join(', ')
  const lines = ['--- !tapi-tbd', 'tbd-version: 4', `targets: [ ${targets} ]`, `install-name: '${path}'`, '...', '']
  writeFileSync(stub, lines.join('\n'))
  return stub
}

function run(tool: string, args: readonly string[]): boolean {
  return spawnSync(tool, args, { cwd: '/', stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}
