/**
 * `npm run build:native` compiles the addon, the programs beside it and pkcs11js with the compiler of this machine and the headers of the runtime that
 * npm installed. With `--if-possible` a missing compiler is no failure. `--force` compiles up-to-date addons too. `--windows`
 * cross-compiles the addon and the service host for Windows with mingw-w64, `--darwin` the addon and the canary for macOS with clang.
 */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { buildForDarwin } from './build-native-darwin.ts'
import { filesBelow, PKCS11_FLAGS, PKCS11_SOURCES, TARGETS, type Target } from './native-targets.ts'

const root = resolve(import.meta.dirname, '..')
const headers = join(root, `node_modules/node-${process.platform}-${process.arch}/include/node`)

const WINDOWS_COMPILER = '/usr/bin/x86_64-w64-mingw32-gcc'
const WINDOWS_CPP_COMPILER = '/usr/bin/x86_64-w64-mingw32-g++'
const WINDOWS_SOURCES = join(root, 'native/windows')
const WINDOWS_OUTPUT = join(root, 'native/build/surety-native-win32-x64.node')
const WINDOWS_FLAGS = [
  ...['-std=c11', '-O2', '-shared', '-static-libgcc', '-Wall', '-Wextra', '-Werror'],
  // Windows 10. Wide characters are Windows' own, of 16 bits.
  ...['-D_WIN32_WINNT=0x0A00', '-DUNICODE', '-D_UNICODE', '-DBUILDING_NODE_EXTENSION'],
]
/** Of the system, for all topics together; a library of which nothing is called is not linked. */
const WINDOWS_LIBRARIES = [
  ...['ntdll', 'advapi32', 'netapi32', 'userenv', 'wtsapi32', 'iphlpapi', 'ws2_32', 'psapi'],
  ...['crypt32', 'bcrypt', 'ncrypt', 'ole32', 'oleaut32', 'wbemuuid', 'uuid'],
]

/** Reads the document of the icon, for the hosts on Windows and macOS. */
const TRAY_READER = join(root, 'native/tray')

const SYSTEM_FRAMEWORKS = '/System/Library/Frameworks'
const TRAY_FRAMEWORKS = [
  ...['AppKit', 'Foundation'].map((name) => `${SYSTEM_FRAMEWORKS}/${name}.framework/Versions/C/${name}`),
  `${SYSTEM_FRAMEWORKS}/UserNotifications.framework/Versions/A/UserNotifications`,
  `${SYSTEM_FRAMEWORKS}/CoreFoundation.framework/Versions/A/CoreFoundation`,
  '/usr/lib/libobjc.A.dylib',
]

const NO_CONSOLE = ['-Wl,--subsystem,windows']

/** Otherwise the linker writes the time of the build, and an address that follows from the path of the output. */
const EQUAL_BUILDS = ['-Wl,--no-insert-timestamp,--disable-auto-image-base']

const force = process.argv.includes('--force')
const ready = buildFor(process.argv)
process.exitCode = ready || process.argv.includes('--if-possible') ? 0 : 1

function buildFor(args: readonly string[]): boolean {
  if (args.includes('--windows')) return buildForWindows()
  if (!args.includes('--darwin')) return TARGETS.map(build).every(Boolean)
  const sources = join(root, 'native/darwin')
  const library = join(sources, 'libSystem.tbd')
  return [
    { form: 'addon', sources, output: join(root, 'native/build/surety-native-darwin.node') } as const,
    {
      form: 'program',
      sources: join(sources, 'canary'),
      output: join(root, 'native/build/surety-canary-darwin'),
    } as const,
    {
      form: 'program',
      sources: join(sources, 'tray'),
      more: readdirSync(TRAY_READER).map((name) => join(TRAY_READER, name)),
      frameworks: TRAY_FRAMEWORKS,
      output: join(root, 'native/build/surety-tray-darwin'),
    } as const,
  ]
    .map((one) => buildForDarwin({ ...one, library, headers, force }))
    .every(Boolean)
}

function buildForWindows(): boolean {
  const programs = [buildWindowsService, buildWindowsSetup, buildWindowsTray, buildWindowsCanary]
  const parts = [buildWindowsAddon, ...programs, buildWindowsPkcs11]
  return parts.map((buildOne) => buildOne()).every(Boolean)
}

function buildWindowsAddon(): boolean {
  if (!existsSync(WINDOWS_COMPILER)) {
    console.log(`surety-native for Windows: not built: apt-get install gcc-mingw-w64-x86-64-win32`)
    return false
  }
  const addon = join(WINDOWS_SOURCES, 'addon')
  const units = filesBelow(addon, '.c')
  const sources = [...units, ...filesBelow(addon, '.h')]
  if (!force && isNewerThan(WINDOWS_OUTPUT, [...sources, import.meta.filename])) {
    console.log('surety-native for Windows: up to date')
    return true
  }
  mkdirSync(dirname(WINDOWS_OUTPUT), { recursive: true })
  removeInterrupted(dirname(WINDOWS_OUTPUT))
  const folder = join(dirname(WINDOWS_OUTPUT), `making-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  const libraries = WINDOWS_LIBRARIES.map((name) => `-l${name}`)
  const flags = [...WINDOWS_FLAGS, '-s', ...EQUAL_BUILDS]
  const isBuilt = linkWithNode(folder, WINDOWS_COMPILER, [...flags, ...units], libraries, WINDOWS_OUTPUT)
  if (isBuilt) console.log('surety-native for Windows: built')
  return isBuilt
}

/** An addon imports functions from node.exe. The linker reads their names from an import library. */
function linkWithNode(
  folder: string,
  compiler: string,
  sources: readonly string[],
  libraries: readonly string[],
  output: string,
): boolean {
  const definition = join(folder, 'node.def')
  const library = join(folder, 'node.lib')
  const temporary = join(folder, basename(output))
  writeFileSync(definition, ['LIBRARY node.exe', 'EXPORTS', ...functionsOfNode()].join('\n'))
  const options: SpawnSyncOptions = { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] }
  const made = spawnSync('/usr/bin/x86_64-w64-mingw32-dlltool', ['-d', definition, '-l', library], options)
  const args = [`-I${headers}`, ...sources, library, ...libraries, '-o', temporary]
  const result = made.status === 0 ? spawnSync(compiler, args, options) : made
  if (result.status === 0) renameSync(temporary, output)
  rmSync(folder, { recursive: true, force: true })
  return result.status === 0
}

/** All else works without it, so its absence is said and is no failure. */
function buildWindowsPkcs11(): boolean {
  const output = join(root, 'native/build/pkcs11-win32-x64.node')
  const sources = PKCS11_SOURCES.filter(existsSync)
  if (!existsSync(WINDOWS_CPP_COMPILER) || sources.length === 0) {
    console.log('pkcs11js for Windows: not built: apt-get install g++-mingw-w64-x86-64-win32')
    return true
  }
  if (!force && isNewerThan(output, [...sources, import.meta.filename])) {
    console.log('pkcs11js for Windows: up to date')
    return true
  }
  const folder = join(dirname(output), `making-${process.pid}-pkcs11`)
  mkdirSync(folder, { recursive: true })
  const flags = [
    '-O2',
    '-shared',
    '-static',
    '-s',
    ...EQUAL_BUILDS,
    '-D_WIN32_WINNT=0x0A00',
    '-DBUILDING_NODE_EXTENSION',
    ...PKCS11_FLAGS,
  ]
  const isBuilt = linkWithNode(folder, WINDOWS_CPP_COMPILER, [...flags, ...sources], [], output)
  if (isBuilt) console.log('pkcs11js for Windows: built')
  return isBuilt
}

/** The host of the daemon as a service. A program of its own: it must outlive the daemon. */
function buildWindowsService(): boolean {
  return buildWindowsProgram('surety-service', join(WINDOWS_SOURCES, 'service'))
}

/** What the package for Windows Installer runs. It shares with the service host what both do with the service and its folder. */
function buildWindowsSetup(): boolean {
  const shared = ['manage', 'data-folder', 'service'].flatMap((name) => [`${name}.c`, `${name}.h`])
  const more = shared.map((name) => join(WINDOWS_SOURCES, 'service', name)).filter(existsSync)
  const flags = ['-shared', '-lmsi', '-lwtsapi32', '-luserenv']
  return buildWindowsProgram('surety-setup', join(WINDOWS_SOURCES, 'setup'), { more, flags, ending: 'dll' })
}

/** What a drill stops. Without a console, which would be a process of its own. */
function buildWindowsCanary(): boolean {
  return buildWindowsProgram('surety-canary', join(WINDOWS_SOURCES, 'canary'), { flags: NO_CONSOLE })
}

/** The icon in the notification area. The reader of its document is that of all tray hosts. */
function buildWindowsTray(): boolean {
  const reader = readdirSync(TRAY_READER).map((name) => join(TRAY_READER, name))
  const shared = ['environment', 'start-process'].flatMap((name) => [`${name}.c`, `${name}.h`])
  const start = shared.map((name) => join(WINDOWS_SOURCES, 'service', name))
  const folder = join(WINDOWS_SOURCES, 'tray')
  const icons = ['ok', 'attention', 'stopped', 'unknown'].map((name) =>
    join(root, `installers/icons/surety-${name}.ico`),
  )
  return buildWindowsProgram('surety-tray', folder, { more: [...reader, ...start, ...icons], flags: NO_CONSOLE })
}

interface WindowsProgramInit {
  /** Files of other folders. */
  readonly more?: readonly string[]
  readonly flags?: readonly string[]
  readonly ending?: 'exe' | 'dll'
}

/** @param folder of its sources, and of its resources if it has any. */
function buildWindowsProgram(
  name: string,
  folder: string,
  { more = [], flags = [], ending = 'exe' }: WindowsProgramInit = {},
): boolean {
  const output = join(root, `native/build/${name}.${ending}`)
  const sources = [...readdirSync(folder).map((name) => join(folder, name)), ...more]
  const manifest = join(root, 'package.json')
  if (!existsSync(WINDOWS_COMPILER)) return false
  if (!force && isNewerThan(output, [...sources, manifest, import.meta.filename])) {
    console.log(`${name} for Windows: up to date`)
    return true
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  const temporary = `${output}.${process.pid}.tmp`
  mkdirSync(dirname(output), { recursive: true })
  const resources = compileResources(sources, `${temporary}.o`, version)
  if (resources === undefined) return false
  const args = [
    ...['-std=c11', '-O2', '-municode', '-static-libgcc', '-Wall', '-Wextra', '-Werror'],
    ...['-D_WIN32_WINNT=0x0A00', '-DUNICODE', '-D_UNICODE', `-DSURETY_VERSION="${version}"`],
    ...['-Wl,--dynamicbase,--nxcompat,--high-entropy-va', '-s', ...EQUAL_BUILDS],
    ...sources.filter((path) => /\.(c|def)$/.test(path)),
    ...resources,
    ...['advapi32', 'shell32', 'user32', 'ole32', 'uuid'].map((name) => `-l${name}`),
    ...flags,
    ...['-o', temporary],
  ]
  const { status } = spawnSync(WINDOWS_COMPILER, args, { cwd: '/', stdio: ['ignore', 'inherit', 'inherit'] })
  for (const object of resources) rmSync(object, { force: true })
  if (status !== 0) {
    rmSync(temporary, { force: true })
    return false
  }
  renameSync(temporary, output)
  console.log(`${name} for Windows: built`)
  return true
}

/** @returns the object files; undefined if one cannot be compiled. */
function compileResources(sources: readonly string[], output: string, version: string): readonly string[] | undefined {
  const [script] = sources.filter((path) => path.endsWith('.rc'))
  if (script === undefined) return []
  const numbers = [...version.split(/[.-]/).slice(0, 3).map(Number), 0].join(',')
  const defined = [`-DSURETY_VERSION=\\"${version}\\"`, `-DSURETY_VERSION_NUMBERS=${numbers}`]
  const args = [...defined, '--output-format=coff', script, output]
  const { status } = spawnSync('/usr/bin/x86_64-w64-mingw32-windres', args, {
    cwd: dirname(script),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return status === 0 ? [output] : undefined
}

/** What an addon may call: Node-API whole, and of libuv what turns a handle of Windows into a descriptor of Node. */
function functionsOfNode(): readonly string[] {
  const text = ['js_native_api.h', 'node_api.h'].map((name) => readFileSync(join(headers, name), 'utf8')).join('')
  const names = [...text.matchAll(/NAPI_CDECL\s+(napi_\w+)\(/g)].map(([, name = '']) => name)
  return [...new Set([...names, 'uv_open_osfhandle', 'uv_get_osfhandle'])].toSorted()
}

function build(target: Target): boolean {
  const missing = missingFor(target)
  if (missing !== undefined) return reportNotBuilt(target, missing)
  if (!force && isUpToDate(target)) {
    console.log(`${target.name}: up to date`)
    return true
  }
  try {
    mkdirSync(dirname(target.output), { recursive: true })
  } catch (error) {
    return reportNotBuilt(
      target,
      `cannot create ${dirname(target.output)} (${error instanceof Error ? error.message : error})`,
    )
  }
  removeInterrupted(dirname(target.output))
  const buildFolder = join(dirname(target.output), `making-${process.pid}`)
  mkdirSync(buildFolder, { recursive: true })
  // A rename, because a running program may have the old file mapped.
  const temporary = join(buildFolder, basename(target.output))
  const addon = ['-shared', '-fPIC', '-fvisibility=hidden', '-DBUILDING_NODE_EXTENSION', `-I${headers}`]
  const form = target.isProgram ? ['-fPIE', target.isStatic ? '-static-pie' : '-pie'] : addon
  const shared = ['-O2', '-Wl,-z,relro,-z,now', ...form]
  const args = [...shared, ...target.flags, ...target.sources, '-ldl', '-o', temporary]
  const env = { ...process.env, TMPDIR: buildFolder }
  const result = spawnSync(target.compiler, args, { cwd: '/', env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.status === 0) renameSync(temporary, target.output)
  rmSync(buildFolder, { recursive: true, force: true })
  if (result.status !== 0) {
    return reportNotBuilt(target, `${target.compiler} failed, see above (is Debian's libc6-dev installed?)`)
  }
  console.log(`${target.name}: built`)
  return true
}

/** Removes the build folders of killed builds. */
function removeInterrupted(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(/^making-(\d+)$/.exec(name)?.[1])
    if (pid > 0 && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

function missingFor(target: Target): string | undefined {
  if (process.platform !== 'linux') return `no support for ${process.platform} yet`
  if (!existsSync(join(headers, 'node_api.h'))) return `the headers ${headers} are missing: run npm ci`
  if (!existsSync(target.sources[0] ?? '')) return 'the sources are missing (optional dependency not installed?)'
  if (existsSync(target.compiler)) return undefined
  return `${target.compiler} is missing: apt-get install ${target.packageName}`
}

function isUpToDate(target: Target): boolean {
  return isNewerThan(target.output, [...target.sources, ...target.dependencies])
}

function isNewerThan(output: string, paths: readonly string[]): boolean {
  if (!existsSync(output)) return false
  const builtAt = statSync(output).mtimeMs
  return paths.every((path) => statSync(path).mtimeMs <= builtAt)
}

function reportNotBuilt(target: Target, missing: string): false {
  console.log(`${target.name}: not built: ${missing}\n  without it: ${target.loss}`)
  return false
}
