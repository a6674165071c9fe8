import { namesProfile } from '../../src/discovery/browsers/named-profiles.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { scanPath } from '../../src/discovery/catalogue/path-pattern.ts'
import { COMMAND_FOLDERS } from '../../src/discovery/files/install-folders.ts'
import { indexAgents } from '../../src/discovery/matching/agent-index.ts'
import { matchProcess } from '../../src/discovery/matching/process-match.ts'
import { programOf } from '../../src/discovery/matching/script-argument.ts'
import { wakeFilter } from '../../src/discovery/scan-processes.ts'
import { discoveryOf } from './discovered-device.ts'

const HOME = '/home/alice'
const index = indexAgents(builtInCatalogue())
const heeded = wakeFilter(index)

/** As the addon does it. */
function isHeeded(executable: string, argv: readonly string[] = []): boolean {
  const name = executable.slice(executable.lastIndexOf('/') + 1)
  const isNamed = (wanted: string) => (wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted)
  return (
    heeded.names.some(isNamed) ||
    heeded.parts.some((part) => executable.includes(part)) ||
    argv.some((argument) => heeded.arguments.some((beginning) => argument.startsWith(beginning)))
  )
}

/** Paths that fit a pattern. */
function pathsOf(pattern: string): readonly string[] {
  const absolute = pattern.replace(/^~/, HOME)
  return ['', 'opt/', 'srv/any/where/'].flatMap((between) =>
    ['1.2.3', 'x'].map((star) => `/${absolute.replaceAll('**/', between).replaceAll('*', star)}`.replace(/^\/\//, '/')),
  )
}

const entries = builtInCatalogue().entries
const executables = entries.flatMap(({ executables = [], commands = [] }) => [
  ...executables.flatMap(({ path }) => pathsOf(path)),
  ...commands.flatMap(({ name }) => COMMAND_FOLDERS.flatMap((folder) => pathsOf(`${folder}/${name}`))),
])

test('wakes for each file that the catalogue knows as an agent or model runtime', () => {
  const known = executables.filter((path) => index.executable(scanPath(path, [HOME])) !== undefined)
  expect(known.length).toBeGreaterThan(300)
  expect(known.filter((path) => !isHeeded(path))).toEqual([])
})

test('wakes for scripts, modules and titles by their interpreter', () => {
  const names = [
    'node',
    'nodejs',
    'node22',
    'node-22',
    'bun',
    'deno',
    'python',
    'python3',
    'python3.13',
    'python2.7',
    'python3.14t',
    'python3.13-dbg',
    'pypy',
    'pypy3',
    'pypy3.10',
  ]
  const running = names.map((name) => [`/usr/bin/${name}`, [name, '/code/agent']] as const)
  expect(running.filter(([path, argv]) => programOf(path, argv) === undefined)).toEqual([])
  expect(running.filter(([path]) => !isHeeded(path))).toEqual([])
})

test('wakes for arguments that name a folder of browser profiles', () => {
  for (const argv of [
    ['chrome', '--user-data-dir=/tmp/x'],
    ['firefox', '--profile', '/tmp/x'],
    ['x', '-profile', 'y'],
  ]) {
    expect([namesProfile(argv), isHeeded(`/opt/any/${argv[0]}`, argv)]).toEqual([true, true])
  }
})

test('what a machine runs all day is not', () => {
  const ordinary = [
    '/usr/bin/true',
    '/usr/bin/sh',
    '/usr/bin/git',
    '/usr/sbin/cron',
    '/usr/bin/make',
    '/usr/lib/gcc/cc1',
  ]
  expect(ordinary.filter((path) => isHeeded(path, [path, '-c', 'anything']))).toEqual([])
  expect(ordinary.filter((executable) => matchProcess(index, { ...PROCESS, executable }, []) !== undefined)).toEqual([])
})

const PROCESS = { pid: 9, parentPid: 1, startTicks: 1, userId: '0', sessionId: 9, ttyNumber: 0, comm: 'x', argv: ['x'] }

test('sets the filter when the watch begins, and again for another catalogue', () => {
  const said: unknown[] = []
  const watch = () => ({ setFilter: (programs: object) => void said.push(programs), [Symbol.dispose]: () => undefined })
  const discovery = discoveryOf({ events: { watch } })
  discovery.watch(() => undefined)
  discovery.catalogueReplaced()
  expect(said).toEqual([heeded, heeded])
})
