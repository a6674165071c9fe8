import { KnownPrograms, programOfLoader } from '../../../src/discovery/process-table/known-programs.ts'
import { localMounts } from '../../../src/system/mounts/linux.ts'
import type { ProcessEvent } from '../../../src/system/processes/process-events.ts'
import type { ProcessEntry, ProcessTable, ProgramFile } from '../../../src/system/processes/process-table.ts'
import type { RootsProgramComponents } from '../../../src/system/processes/program-file.ts'
import { CLAUDE, processRecord } from '../../support/processes/process-record.ts'

const FILE: ProgramFile = { device: 7, inode: 70, born: 1.5, ownerId: '1000' }
const OTHER_NAME = '/home/alice/notes'
const ROOTS: ProgramFile = { ...FILE, ownerId: '0' }
const ROOTS_CLAUDE = '/opt/claude/bin/claude'
const ROOT_MOUNT = '1 1 8:1 / / rw - ext4 /dev/sda1 rw\n'

type Found = ReturnType<NonNullable<RootsProgramComponents['lstat']>>

const found = (kind: 'file' | 'folder' | 'link', more: Partial<Found> = {}): Found => ({
  dev: FILE.device,
  ino: FILE.inode,
  uid: 0,
  mode: 0o755,
  isFile: () => kind === 'file',
  isDirectory: () => kind === 'folder',
  ...more,
})

/** All of it is root's, but for what is `changed`. Any file has the inode that is asked for. */
interface SystemFiles {
  readonly changed?: Readonly<Record<string, Found>>
  readonly mountinfo?: string
}

function place(
  surroundings: ProcessTable['surroundings'] = () => undefined,
  { changed = {}, mountinfo = ROOT_MOUNT }: SystemFiles = {},
) {
  const asked: string[] = []
  const entries = new Map<number, ProcessEntry>()
  let tell: (events: readonly ProcessEvent[]) => void = () => undefined
  const heard: ProcessEvent[] = []
  const programs = new KnownPrograms(
    {
      processes: {
        bootId: async () => 'boot',
        environmentNames: async () => undefined,
        surroundings,
        scan: async () => [...entries.values()],
        entry: (pid) => entries.get(pid),
      },
      events: {
        watch(_kinds, onEvents) {
          tell = (events) => onEvents({ events, lost: false })
          return { [Symbol.dispose]: () => undefined }
        },
      },
      mounts: () => localMounts(Buffer.from(mountinfo)),
      lstat(path) {
        asked.push(path)
        return changed[path] ?? found(/claude\d*$/.test(path) && path !== '/opt/claude' ? 'file' : 'folder')
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
  return { programs, entries, table, named, heard, asked, tell: (event: ProcessEvent) => tell([event]) }
}

const process = (executable: string, more: Partial<ProcessEntry> = {}): ProcessEntry =>
  processRecord(200, executable, ['x', '-p'], { programFile: FILE, ...more })

test('a file that was an agent has its known path by any name, in scans and events', async () => {
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

test('a file of root’s counts for everyone, where we see it at that path', () => {
  const { programs, named } = place()
  programs.learn(process(ROOTS_CLAUDE, { programFile: ROOTS }))
  const names = ['0', '1000', '1001'].map((userId) => named(process('/usr/bin/x', { programFile: ROOTS, userId })))
  expect(names.map((each) => each?.executable)).toEqual([ROOTS_CLAUDE, ROOTS_CLAUDE, ROOTS_CLAUDE])
})

const FUSE = '2 1 0:50 / /opt/claude rw - fuse.sshfs host: rw,user_id=1000\n'

test.each<[string, SystemFiles]>([
  ['is a link', { changed: { [ROOTS_CLAUDE]: found('link') } }],
  ['is a user’s', { changed: { [ROOTS_CLAUDE]: found('file', { uid: 1000 }) } }],
  ['others can write to', { changed: { [ROOTS_CLAUDE]: found('file', { mode: 0o757 }) } }],
  ['is another file', { changed: { [ROOTS_CLAUDE]: found('file', { ino: 71 }) } }],
  ['lies on another device', { changed: { [ROOTS_CLAUDE]: found('file', { dev: 8 }) } }],
  ['lies behind a link', { changed: { '/opt/claude': found('link') } }],
  ['lies in a user’s folder', { changed: { '/opt/claude': found('folder', { uid: 1000 }) } }],
  ['lies in a folder of a group', { changed: { '/opt/claude': found('folder', { mode: 0o775 }) } }],
  ['lies in a folder of everyone', { changed: { '/opt': found('folder', { mode: 0o1777 }) } }],
  ['lies where the mounts are not known', { mountinfo: '' }],
])('nothing is learned of a file of root’s that %s', (_, files) => {
  const { programs, named } = place(undefined, files)
  programs.learn(process(ROOTS_CLAUDE, { programFile: ROOTS }))
  expect(named(process('/usr/bin/bash', { programFile: ROOTS }))?.executable).toBe('/usr/bin/bash')
})

test('reads nothing from a mount that may hang, nor below a folder others can change', () => {
  const onFuse = place(undefined, { mountinfo: ROOT_MOUNT + FUSE })
  onFuse.programs.learn(process(ROOTS_CLAUDE, { programFile: ROOTS }))
  const inUsers = place(undefined, { changed: { '/opt/claude': found('folder', { uid: 1000 }) } })
  inUsers.programs.learn(process(ROOTS_CLAUDE, { programFile: ROOTS }))
  expect([onFuse.asked, inUsers.asked]).toEqual([[], ['/', '/opt', '/opt/claude']])
})

test('a file of a user’s own counts for no other user, nor for root', () => {
  const { programs, named } = place()
  programs.learn(process(CLAUDE))
  const names = ['1000', '1001', '0'].map((userId) => named(process(OTHER_NAME, { userId }))?.executable)
  expect(names).toEqual([CLAUDE, OTHER_NAME, OTHER_NAME])
})

test('knows the latest 32 files of a user, even if others run more', () => {
  const { programs, named } = place()
  const at = (inode: number, userId = '1000') => ({ userId, programFile: { ...FILE, inode, ownerId: userId } })
  programs.learn(process(ROOTS_CLAUDE, { programFile: ROOTS }))
  programs.learn(process(CLAUDE, at(1, '1001')))
  for (let inode = 1; inode <= 1_100; inode++) programs.learn(process(CLAUDE, at(inode)))
  const isKnown = (more: Partial<ProcessEntry>) => named(process(OTHER_NAME, more))?.startedAs !== undefined
  expect([1, 1_068, 1_069, 1_100].map((inode) => isKnown(at(inode)))).toEqual([false, false, true, true])
  expect([isKnown(at(1, '1001')), isKnown({ programFile: ROOTS })]).toEqual([true, true])
})

test('a thousand users are known, the latest of them, and root', () => {
  const { programs, named } = place()
  const of = (userId: number) => ({ userId: String(userId), programFile: { ...FILE, ownerId: String(userId) } })
  programs.learn(process(ROOTS_CLAUDE, { programFile: ROOTS }))
  for (let userId = 1; userId <= 1_001; userId++) programs.learn(process(CLAUDE, of(userId)))
  const isKnown = (more: Partial<ProcessEntry>) => named(process(OTHER_NAME, more))?.startedAs !== undefined
  expect([isKnown(of(1)), isKnown(of(2)), isKnown(of(1_001)), isKnown({ programFile: ROOTS })]).toEqual([
    ...[false, true, true, true],
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
  ['/home/alice/ld.so', ['ld.so', '/x/claude']],
  ['/home/alice/lib/ld-linux-x86-64.so.2', ['ld.so', '/x/claude']],
])('%s %j runs nothing that we know', (executable, argv) => {
  expect(programOfLoader(executable, argv)).toBeUndefined()
})

const NOTHING_AROUND = { environmentNames: [], sessionMarkers: {}, workingFolder: undefined }

test('what a linker runs lies where its process was started, or is not known', () => {
  const argv = ['ld.so', './claude', '-p']
  const inFolder = (workingFolder: string | undefined) =>
    place(() => ({ startTicks: 2_000, ...NOTHING_AROUND, workingFolder })).named(
      processRecord(200, LINKER, argv, { programFile: ROOTS }),
    )
  expect(inFolder('/x')).toMatchObject({ executable: '/x/claude', startedAs: LINKER, argv: ['./claude', '-p'] })
  expect(inFolder(undefined)).toMatchObject({ executable: LINKER, argv })
})

test.each([undefined, FILE])('a linker that is not known to be root’s runs nothing that we know: %j', (programFile) => {
  const linker = processRecord(200, LINKER, ['ld.so', '/usr/bin/gpg-agent'], programFile && { programFile })
  expect(place().named(linker)).toEqual(linker)
})

test('a known program that is called as a linker is that program', () => {
  const { programs, named } = place()
  programs.learn(process(ROOTS_CLAUDE, { programFile: ROOTS }))
  const linked = process(LINKER, { programFile: ROOTS, argv: ['ld.so', '/usr/bin/gpg-agent'] })
  expect(named(linked)).toEqual({ ...linked, executable: ROOTS_CLAUDE, startedAs: LINKER })
})
