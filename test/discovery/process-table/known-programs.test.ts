import { KnownPrograms } from '../../../src/discovery/process-table/known-programs.ts'
import { programOfLoader } from '../../../src/discovery/process-table/loader-arguments.ts'
import type { ProcessEvent } from '../../../src/system/processes/process-events.ts'
import type { ProcessEntry, ProcessTable, ProgramFile } from '../../../src/system/processes/process-table.ts'
import { CLAUDE, processRecord } from '../../support/processes/process-record.ts'

const FILE: ProgramFile = { device: 7, inode: 70, born: 1.5, ownerId: '1000' }
const OTHER_NAME = '/home/alice/notes'

function place(surroundings: ProcessTable['surroundings'] = () => undefined) {
  const entries = new Map<number, ProcessEntry>()
  let tell: (events: readonly ProcessEvent[]) => void = () => undefined
  const heard: ProcessEvent[] = []
  const programs = new KnownPrograms(
    {
      processes: {
        ...{ bootId: async () => 'boot', environmentNames: async () => undefined, surroundings },
        scan: async () => [...entries.values()],
        entry: (pid) => entries.get(pid),
      },
      events: {
        watch(_kinds, onEvents) {
          tell = (events) => onEvents({ events, lost: false })
          return { [Symbol.dispose]: () => undefined }
        },
      },
    },
    ({ executable }) => executable === CLAUDE,
  )
  programs.events()?.watch(['exec'], ({ events }) => heard.push(...events))
  const table = programs.table()
  const named = (entry: ProcessEntry) => {
    entries.set(entry.pid, entry)
    return table.entry(entry.pid)
  }
  return { programs, entries, table, named, heard, tell: (event: ProcessEvent) => tell([event]) }
}

const process = (executable: string, more: Partial<ProcessEntry> = {}): ProcessEntry =>
  processRecord(200, executable, ['x', '-p'], { programFile: FILE, ...more })

test('a file that was an agent has its known path by any name, in scans, looks and events', async () => {
  const { programs, named, table, heard, tell } = place()
  expect(named(process(OTHER_NAME))).toMatchObject({ executable: OTHER_NAME })
  programs.learn(process(CLAUDE))
  const expected = { executable: CLAUDE, startedAs: OTHER_NAME, argv: ['x', '-p'] }
  expect(named(process(OTHER_NAME))).toMatchObject(expected)
  expect(await table.scan({})).toMatchObject([expected])
  tell({ kind: 'exec', pid: 200, process: { ...process(OTHER_NAME), ...NOTHING_AROUND } })
  expect(heard).toMatchObject([{ kind: 'exec', process: expected }])
  expect(named(process(CLAUDE))).not.toHaveProperty('startedAs')
})

test.each<[string, Partial<ProgramFile>]>([
  ['of another device', { device: 8 }],
  ['with another inode', { inode: 71 }],
  ['that got the inode later', { born: 2.5 }],
])('a file %s is another one', (_, change) => {
  const { programs, named } = place()
  programs.learn(process(CLAUDE))
  expect(named(process(OTHER_NAME, { programFile: { ...FILE, ...change } }))?.executable).toBe(OTHER_NAME)
})

test.each<[string, Partial<ProcessEntry>]>([
  ['another user owns', { userId: '1001' }],
  ['root owns, at a path that a user may choose', { programFile: { ...FILE, ownerId: '0' } }],
  ['root owns and runs there', { programFile: { ...FILE, ownerId: '0' }, userId: '0' }],
  ['that has its name from here', { startedAs: OTHER_NAME }],
])('nothing is learned of a file that %s', (_, change) => {
  const { programs, named } = place()
  programs.learn(process(CLAUDE, change))
  expect(named(process(OTHER_NAME, change))?.executable).toBe(OTHER_NAME)
})

test('a thousand files are known, the latest of them', () => {
  const { programs, named } = place()
  const at = (inode: number) => ({ programFile: { ...FILE, inode } })
  for (let inode = 1; inode <= 1_001; inode++) programs.learn(process(CLAUDE, at(inode)))
  expect([1, 2, 1_001].map((inode) => named(process(OTHER_NAME, at(inode)))?.executable)).toEqual([
    OTHER_NAME,
    CLAUDE,
    CLAUDE,
  ])
})

const LINKER = '/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'

test.each<[string, readonly string[], string]>([
  [LINKER, ['ld.so', '/x/claude', '-p'], '/x/claude'],
  [LINKER, ['ld.so', '--argv0', 'y', '--library-path', '/lib', '--preload', 'z.so', '/x/claude', '-p'], '/x/claude'],
  [LINKER, ['ld.so', '--inhibit-cache', '--library-path=/lib', './claude', '-p'], './claude'],
  ['/lib/ld-musl-x86_64.so.1', ['ld', '--', '/x/claude', '-p'], '/x/claude'],
  ['/lib/ld-2.31.so', ['ld', 'claude', '-p'], 'claude'],
  ['/lib/ld.so.1', ['ld', 'claude', '-p'], 'claude'],
  ['/lib64/ld64.so.2', ['ld', 'claude', '-p'], 'claude'],
])('%s %j runs %s', (executable, argv, path) => {
  expect(programOfLoader(executable, argv)).toEqual({ path, argv: [path, '-p'] })
})

test.each<[string, readonly string[]]>([
  [LINKER, ['ld.so']],
  [LINKER, ['ld.so', '--list', '/x/claude']],
  [LINKER, ['ld.so', '--verify', '/x/claude']],
  [LINKER, ['ld.so', '--argv0', '/x/claude']],
  [LINKER, ['ld.so', '']],
  ['/usr/bin/ld', ['ld', '/x/claude']],
  ['/usr/bin/x86_64-linux-gnu-ld.bfd', ['ld', '/x/claude']],
  ['/home/alice/old.so', ['old', '/x/claude']],
])('%s %j runs nothing that we know', (executable, argv) => {
  expect(programOfLoader(executable, argv)).toBeUndefined()
})

const NOTHING_AROUND = { environmentNames: [], sessionMarkers: {}, workingFolder: undefined }

test('what a linker runs lies where its process was started, or is not known', () => {
  const argv = ['ld.so', './claude', '-p']
  const inFolder = (workingFolder: string | undefined) =>
    place(() => ({ startTicks: 2_000, ...NOTHING_AROUND, workingFolder })).named(processRecord(200, LINKER, argv))
  expect(inFolder('/x')).toMatchObject({ executable: '/x/claude', startedAs: LINKER, argv: ['./claude', '-p'] })
  expect(inFolder(undefined)).toMatchObject({ executable: LINKER, argv })
})
