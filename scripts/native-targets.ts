/** The addon, the programs beside it and pkcs11js, as `npm run build:native` compiles them for Linux. */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const pkcs11 = join(root, 'node_modules/pkcs11js')

export interface Target {
  readonly name: string
  readonly compiler: string
  /** The Debian package of the compiler. */
  readonly packageName: string
  readonly sources: readonly string[]
  readonly dependencies: readonly string[]
  readonly flags: readonly string[]
  readonly output: string
  /** A program of its own, not an addon. */
  readonly isProgram?: boolean
  /** Linked with nothing of the machine that it runs on. */
  readonly isStatic?: boolean
  /** What does not work without it. */
  readonly loss: string
}

const LINUX_SOURCES = join(root, 'native/linux')
const LINUX_ADDON = join(LINUX_SOURCES, 'addon')
const EXEC_GATE = join(LINUX_SOURCES, 'exec-gate')
/** Clients start the hook before each tool call: without a dynamic linker it starts sooner, and no variable can add a library to it. */
const MUSL_COMPILER = '/usr/bin/musl-gcc'
const hasMusl = existsSync(MUSL_COMPILER)
const C_FLAGS = ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-fstack-protector-strong']

/** The sources in its binding.gyp. Direct compilation needs no Python, make or download. */
export const PKCS11_SOURCES = ['dl.cpp', 'common.cpp', 'main.cpp'].map((name) => join(pkcs11, 'src', name))
export const PKCS11_FLAGS = ['-std=c++17', '-DNAPI_DISABLE_CPP_EXCEPTIONS', `-I${join(pkcs11, 'includes')}`, '-w']

export const TARGETS: readonly Target[] = [
  {
    name: 'surety-native',
    compiler: '/usr/bin/cc',
    packageName: 'gcc libc6-dev',
    sources: filesBelow(LINUX_ADDON, '.c'),
    dependencies: filesBelow(LINUX_ADDON, '.h'),
    flags: C_FLAGS,
    output: join(root, 'native/build/surety-native.node'),
    loss:
      'the daemon cannot identify users at its local socket and refuses all but the user it runs as; ' +
      'agents started through a link in an unusual folder have no name; ' +
      'descriptors that were open when the daemon started stay open in its children',
  },
  {
    name: 'surety-exec-gate',
    compiler: '/usr/bin/cc',
    packageName: 'gcc libc6-dev',
    sources: [
      ...filesBelow(EXEC_GATE, '.c'),
      ...['process-watch/program-filter.c', 'files/local-mounts.c', 'freezer/cgroup-origin.c'].map((name) =>
        join(LINUX_ADDON, name),
      ),
    ],
    dependencies: filesBelow(LINUX_SOURCES, '.h'),
    flags: [...C_FLAGS, '-pthread'],
    output: join(root, 'native/build/surety-exec-gate'),
    isProgram: true,
    loss: 'an agent that starts under a stop is stopped some milliseconds after its start, not before it',
  },
  {
    name: 'surety-canary',
    compiler: '/usr/bin/cc',
    packageName: 'gcc libc6-dev',
    sources: filesBelow(join(LINUX_SOURCES, 'canary'), '.c'),
    dependencies: [],
    flags: C_FLAGS,
    output: join(root, 'native/build/surety-canary'),
    isProgram: true,
    loss: 'a drill has nothing to stop and fails',
  },
  {
    name: 'surety-hook',
    compiler: hasMusl ? MUSL_COMPILER : '/usr/bin/cc',
    packageName: 'gcc libc6-dev musl-tools',
    sources: filesBelow(join(LINUX_SOURCES, 'hook'), '.c'),
    dependencies: filesBelow(join(LINUX_SOURCES, 'hook'), '.h'),
    flags: C_FLAGS,
    output: join(root, 'native/build/surety-hook'),
    isProgram: true,
    isStatic: hasMusl,
    loss: 'clients of AI agents have no hook to ask before a tool call',
  },
  {
    name: 'pkcs11js',
    compiler: '/usr/bin/c++',
    packageName: 'g++',
    sources: PKCS11_SOURCES,
    dependencies: [],
    flags: PKCS11_FLAGS,
    output: join(pkcs11, 'build/Release/pkcs11.node'),
    loss: 'keys on PKCS#11 tokens (`keys: pkcs11`) are not available',
  },
]

export function filesBelow(folder: string, ending: '.c' | '.h'): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => join(folder, name))
}
