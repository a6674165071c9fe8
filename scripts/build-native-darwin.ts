/** Cross-compiles what is ours for macOS with clang and lld: one file for both processors, signed ad hoc. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
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
  const { sources, library, output, force } = init
  const name = basename(output)
  if (!Object.values(TOOLS).every((tool) => existsSync(tool))) {
    console.log(`${name}: not built: apt-get install ${PACKAGES}`)
    return false
  }
  const files = readdirSync(sources).map((file) => join(sources, file))
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
    const units = files.filter((path) => path.endsWith('.c'))
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
  { form, units, library, headers, folder }: LinkInit,
): string | undefined {
  const objects = units.map((unit) => {
    const object = join(folder, `${processor}-${basename(unit, '.c')}.o`)
    const target = ['-target', `${processor}-apple-macos${OLDEST_MACOS}`]
    return run(TOOLS.compiler, [...target, ...FLAGS, `-I${headers}`, '-c', unit, '-o', object]) ? object : undefined
  })
  if (objects.includes(undefined)) return undefined
  const output = join(folder, `${processor}.linked`)
  const platform = ['-arch', processor, '-platform_version', 'macos', OLDEST_MACOS, OLDEST_MACOS]
  // The functions of Node are found in the program that loads the addon.
  const kind = form === 'addon' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-execute', '-pie']
  const inputs = [...objects.flatMap((object) => object ?? []), library]
  const args = [...platform, ...kind, '-adhoc_codesign', '-o', output, ...inputs]
  return run(TOOLS.linker, args) ? output : undefined
}

function run(tool: string, args: readonly string[]): boolean {
  return spawnSync(tool, args, { cwd: '/', stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}
