/**
 * `npm run build:native`: compiles the addon and pkcs11js with the machine's own compiler and the headers of the
 * runtime that npm installed. `--if-possible` makes what is missing a message and not a failure; `--force` compiles
 * what is up to date too; `--windows` compiles the addon for Windows, on Linux with mingw-w64.
 */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const headers = join(root, `node_modules/node-${process.platform}-${process.arch}/include/node`)
const pkcs11 = join(root, 'node_modules/pkcs11js')

interface Target {
  readonly name: string
  readonly compiler: string
  /** The Debian package that brings the compiler. */
  readonly packageName: string
  readonly sources: readonly string[]
  readonly dependencies: readonly string[]
  readonly flags: readonly string[]
  readonly output: string
  readonly without: string
}

const nativeFiles = (ending: string) =>
  readdirSync(join(root, 'native'))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(root, 'native', name))

const TARGETS: readonly Target[] = [
  {
    name: 'surety-native',
    compiler: '/usr/bin/cc',
    packageName: 'gcc libc6-dev',
    sources: nativeFiles('.c'),
    dependencies: nativeFiles('.h'),
    flags: ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-fstack-protector-strong'],
    output: join(root, 'native/build/surety-native.node'),
    without:
      'the daemon cannot tell who connects to its local socket: only the user it runs as may then use it; ' +
      'agents that are started by a link in an unusual folder are not named; ' +
      'and descriptors that were left open at its start reach its children',
  },
  {
    name: 'pkcs11js',
    compiler: '/usr/bin/c++',
    packageName: 'g++',
    // What its binding.gyp says; compiled directly, so that neither Python nor make nor a download is needed.
    sources: ['dl.cpp', 'common.cpp', 'main.cpp'].map((name) => join(pkcs11, 'src', name)),
    dependencies: [],
    flags: ['-std=c++17', '-DNAPI_DISABLE_CPP_EXCEPTIONS', `-I${join(pkcs11, 'includes')}`, '-w'],
    output: join(pkcs11, 'build/Release/pkcs11.node'),
    without: 'keys on PKCS#11 tokens (`keys: pkcs11`) are not available',
  },
]

const WINDOWS_COMPILER = '/usr/bin/x86_64-w64-mingw32-gcc'
const WINDOWS_SOURCES = join(root, 'native/windows')
const WINDOWS_OUTPUT = join(root, 'native/build/surety-native-win32-x64.node')

const force = process.argv.includes('--force')
const ready = process.argv.includes('--windows') ? buildForWindows() : TARGETS.map(build).every(Boolean)
process.exitCode = ready || process.argv.includes('--if-possible') ? 0 : 1

/** What an addon of Node calls lies in node.exe: the linker is told so by a library made of the names alone. */
function buildForWindows(): boolean {
  if (!existsSync(WINDOWS_COMPILER)) {
    console.log(`surety-native for Windows: not built: apt-get install gcc-mingw-w64-x86-64-win32`)
    return false
  }
  mkdirSync(dirname(WINDOWS_OUTPUT), { recursive: true })
  const library = `${WINDOWS_OUTPUT}.lib.tmp`
  const temporary = `${WINDOWS_OUTPUT}.${process.pid}.tmp`
  const options: SpawnSyncOptions = { cwd: WINDOWS_SOURCES, stdio: ['ignore', 'inherit', 'inherit'] }
  const made = spawnSync('/usr/bin/x86_64-w64-mingw32-dlltool', ['-d', 'node.def', '-l', library], options)
  const flags = [
    '-std=c11',
    '-O2',
    '-shared',
    '-static-libgcc',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-DBUILDING_NODE_EXTENSION',
  ]
  const args = [...flags, `-I${headers}`, 'processes.c', 'module.c', library, '-lntdll', '-ladvapi32', '-o', temporary]
  const result = made.status === 0 ? spawnSync(WINDOWS_COMPILER, args, options) : made
  rmSync(library, { force: true })
  if (result.status !== 0) {
    rmSync(temporary, { force: true })
    return false
  }
  renameSync(temporary, WINDOWS_OUTPUT)
  console.log('surety-native for Windows: built')
  return true
}

function build(target: Target): boolean {
  const missing = missingFor(target)
  if (missing !== undefined) return say(target, missing)
  if (!force && isUpToDate(target)) {
    console.log(`${target.name}: up to date`)
    return true
  }
  try {
    mkdirSync(dirname(target.output), { recursive: true })
  } catch (error) {
    return say(target, `${dirname(target.output)} cannot be made (${error instanceof Error ? error.message : error})`)
  }
  removeInterrupted(dirname(target.output))
  const making = join(dirname(target.output), `making-${process.pid}`)
  mkdirSync(making, { recursive: true })
  // Beside the old one, then over it: a program that has the old one mapped keeps it whole.
  const temporary = join(making, basename(target.output))
  const shared = ['-O2', '-shared', '-fPIC', '-fvisibility=hidden', '-Wl,-z,relro,-z,now', '-DBUILDING_NODE_EXTENSION']
  const args = [...shared, ...target.flags, `-I${headers}`, ...target.sources, '-ldl', '-o', temporary]
  const env = { ...process.env, TMPDIR: making }
  const result = spawnSync(target.compiler, args, { cwd: '/', env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.status === 0) renameSync(temporary, target.output)
  rmSync(making, { recursive: true, force: true })
  if (result.status !== 0) {
    return say(target, `${target.compiler} failed, see above (is Debian's libc6-dev installed?)`)
  }
  console.log(`${target.name}: built`)
  return true
}

/** What builds that were killed have left. */
function removeInterrupted(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(/^making-(\d+)$/.exec(name)?.[1])
    if (pid > 0 && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

function missingFor(target: Target): string | undefined {
  if (process.platform !== 'linux') return `not written for ${process.platform} yet`
  if (!existsSync(join(headers, 'node_api.h'))) return `the headers ${headers} are missing: run npm ci`
  if (!existsSync(target.sources[0] ?? '')) return 'its sources are missing (optional dependency not installed?)'
  if (existsSync(target.compiler)) return undefined
  return `${target.compiler} is missing: apt-get install ${target.packageName}`
}

function isUpToDate(target: Target): boolean {
  if (!existsSync(target.output)) return false
  const builtAt = statSync(target.output).mtimeMs
  return [...target.sources, ...target.dependencies].every((path) => statSync(path).mtimeMs <= builtAt)
}

function say(target: Target, missing: string): false {
  console.log(`${target.name}: not built: ${missing}\n  without it: ${target.without}`)
  return false
}
