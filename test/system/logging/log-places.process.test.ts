import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { rotatingFile } from '../../../src/system/logging/rotating-file.ts'
import { createLog } from '../../../src/system/logging/winston-log.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { daemonProcess } from '../../support/daemon/daemon-process.ts'
import { runDirectory } from '../../support/directory/directory-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { asRoot, file, MALLORY, made, planted } from '../../support/users/other-user.ts'

/** Log files and the folders above them, prepared by another user who was there before the program. */

const init = (path: string) => ({ level: 'info', format: 'json', file: path, maxFiles: 3 }) as const

function logs() {
  const folder = temporaryFolder()
  const above = made(join(folder.path, 'above'), 0o755)
  const path = made(join(above, 'logs'), 0o755)
  return { path, above, log: join(path, 'x.log'), [Symbol.dispose]: folder[Symbol.dispose] }
}

type Place = ReturnType<typeof logs>

const REFUSED: readonly (readonly [string, (place: Place) => unknown, RegExp])[] = [
  [
    'in a folder that all can write',
    ({ path }) => chmodSync(path, 0o777),
    /logs" can be written by others: chmod go-w/,
  ],
  [
    'below a folder that all can write',
    ({ above }) => chmodSync(above, 0o777),
    /above" above the log file can be written by others: chmod go-w/,
  ],
  ['that all can write', ({ path }) => file(path, 'x.log', 0o666), /x\.log" can be written by others/],
  ['that its group can write', ({ path }) => file(path, 'x.log', 0o620), /x\.log" can be written by others/],
  ['with an older one that all can write', ({ path }) => file(path, 'x.log.2', 0o646), /x\.log\.2" can be written by/],
  ['that is a link', ({ log, above }) => symlinkSync(file(above, 'victim'), log), /x\.log" is a link/],
  ['that is a link to nothing', ({ log }) => symlinkSync('/nowhere/x', log), /x\.log" is a link/],
  ['with an older one that is a link', ({ log }) => symlinkSync('/etc/passwd', `${log}.1`), /x\.log\.1" is a link/],
  ['that is a folder', ({ log }) => mkdirSync(log), /x\.log" is not a regular file/],
  ['with a folder where it is to be put aside', ({ log }) => mkdirSync(`${log}.1`), /x\.log\.1" is not a regular file/],
  ['that is a FIFO', ({ log }) => execFileSync('/usr/bin/mkfifo', ['-m', '600', log]), /x\.log" is not a regular file/],
]

test.each(REFUSED)('a log file %s is refused', (_, spoil, words) => {
  using place = logs()
  spoil(place)
  expect(() => createLog(init(place.log))).toThrow(words)
})

const byRoot = asRoot('log files of another user')

byRoot.each<[string, (place: Place) => unknown]>([
  ['that another user placed', ({ log }) => planted(log, 'file')],
  ['that is a link of another user', ({ log }) => planted(log, 'link')],
  ['with an older one that another user placed', ({ log }) => planted(`${log}.2`, 'file')],
  ['in a folder of another user', ({ path }) => chownSync(path, MALLORY, MALLORY)],
  [
    'in a folder of root that a group can write',
    ({ path }) => {
      chownSync(path, 0, MALLORY)
      chmodSync(path, 0o775)
    },
  ],
  [
    'below a folder of root that a group can write',
    ({ above }) => {
      chownSync(above, 0, MALLORY)
      chmodSync(above, 0o775)
    },
  ],
])('(root) a log file %s is refused', async (_, spoil) => {
  using place = logs()
  spoil(place)
  expect(await codeThrown(() => createLog(init(place.log)))).toBe('STORE_FAILED')
})

const SYSLOG = 104
const ofGroup = (path: string, gid: number, mode: number) => {
  chownSync(path, 0, gid)
  chmodSync(path, mode)
}

byRoot.each<[string, (place: Place) => unknown]>([
  ['in a folder of root that a system group can write', ({ path }) => ofGroup(path, SYSLOG, 0o775)],
  ['below such a folder, as /var/log of Ubuntu', ({ above }) => ofGroup(above, SYSLOG, 0o775)],
  ['below one of the last system group', ({ above }) => ofGroup(above, 999, 0o775)],
])('(root) writes a log file %s', (_, prepare) => {
  using place = logs()
  prepare(place)
  using log = opened(place.log)
  log.write('one\n')
  expect([log.fallback, readFileSync(place.log, 'utf8')]).toEqual([[], 'one\n'])
})

byRoot.each<[string, (place: Place) => unknown]>([
  ['below a folder of the first ordinary group', ({ above }) => ofGroup(above, 1000, 0o775)],
  ['in a folder of the first ordinary group', ({ path }) => ofGroup(path, 1000, 0o775)],
  ['below a folder that a system group and all others can write', ({ above }) => ofGroup(above, SYSLOG, 0o777)],
  ['in a folder that a system group and all others can write', ({ path }) => ofGroup(path, SYSLOG, 0o777)],
  [
    'in a folder of another user that a system group can write',
    ({ path }) => {
      ofGroup(path, SYSLOG, 0o775)
      chownSync(path, MALLORY, SYSLOG)
    },
  ],
])('(root) refuses a log file %s', async (_, prepare) => {
  using place = logs()
  prepare(place)
  expect(await codeThrown(() => createLog(init(place.log)))).toBe('STORE_FAILED')
})

byRoot('(root) writes to no link that a system group placed in its folder', () => {
  using place = logs()
  ofGroup(place.path, SYSLOG, 0o775)
  const victim = file(place.above, 'victim')
  using log = opened(place.log)
  symlinkSync(victim, place.log)
  log.write('one\n')
  expect([log.fallback, readFileSync(victim, 'utf8')]).toEqual([['one\n'], 'x'])
})

test('both programs end with advice at such a log file', async () => {
  using place = logs()
  file(place.path, 'x.log', 0o666)
  const words = /x\.log" can be written by others.*\[STORE_FAILED\]\n$/
  const ports = ['--devices-port', '0', '--api-port', '0', '--console-port', '0']
  expect(await runDirectory(['serve', '--data', join(place.above, 'data'), '--log-file', place.log, ...ports])).toEqual(
    {
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(words),
    },
  )
  await using daemon = daemonProcess({ folder: place.above, args: ['--keys', 'software', '--log-file', place.log] })
  expect([await daemon.exit, daemon.stderr()]).toEqual([1, expect.stringMatching(words)])
  expect(readdirSync(place.above)).not.toContain('state')
})

interface Written {
  readonly fallback: string[]
  write(...lines: readonly string[]): void
}

/** A log that is opened with its first line, so that a test can place something before that. */
function opened(path: string, { maxBytes = 1_000, maxFiles = 3 } = {}): Written & Disposable {
  const fallback: string[] = []
  const stream = rotatingFile({
    path,
    maxBytes,
    maxFiles,
    fallback: { write: (chunk) => fallback.push(String(Buffer.from(chunk))) },
  })
  return {
    fallback,
    write: (...lines) => {
      for (const line of lines) stream.write(line)
    },
    [Symbol.dispose]: () => void stream.destroy(),
  }
}

byRoot('(root) what is placed after the folder was looked at is not written to', () => {
  using place = logs()
  using log = opened(place.log)
  planted(place.log, 'file')
  log.write('one\n')
  expect([log.fallback, readFileSync(place.log, 'utf8')]).toEqual([['one\n'], ''])
})

test.each([1, 3])('sets aside a log that is a hard link to another file, of %i files, unwritten', (maxFiles) => {
  using place = logs()
  const victim = file(place.above, 'victim', 0o644)
  linkSync(victim, place.log)
  using log = opened(place.log, { maxFiles })
  log.write('one\n')
  expect([log.fallback, readFileSync(place.log, 'utf8')]).toEqual([[], 'one\n'])
  expect([readFileSync(victim, 'utf8'), lstatSync(victim).mode & 0o777]).toEqual(['x', 0o644])
  expect(readdirSync(place.path)).toEqual(maxFiles === 1 ? ['x.log'] : ['x.log', 'x.log.1'])
})

test('where the file it would become is the same file, nothing is written', () => {
  using place = logs()
  const victim = file(place.above, 'victim')
  // Renaming one name of a file to another of its names does nothing.
  for (const name of ['x.log', 'x.log.1', 'x.log.2']) linkSync(victim, join(place.path, name))
  using log = opened(place.log)
  log.write('one\n')
  expect([log.fallback, readFileSync(victim, 'utf8')]).toEqual([['one\n'], 'x'])
})

test('a second name that another user gave the log neither stops it nor reads on', () => {
  using place = logs()
  writeFileSync(place.log, 'before\n', { mode: 0o600 })
  linkSync(place.log, join(place.above, 'second'))
  using log = opened(place.log)
  log.write('after\n')
  expect([log.fallback, readFileSync(join(place.above, 'second'), 'utf8')]).toEqual([[], 'before\n'])
  expect(readFileSync(place.log, 'utf8')).toBe('after\n')
})

test('a link that takes the place of a single log is not emptied when the log is full', () => {
  using place = logs()
  const victim = file(place.above, 'victim')
  using log = opened(place.log, { maxBytes: 10, maxFiles: 1 })
  log.write('12345678\n')
  renameSync(place.log, `${place.log}.moved`)
  symlinkSync(victim, place.log)
  log.write('abcdefgh\n')
  expect([log.fallback, readFileSync(victim, 'utf8')]).toEqual([[], 'x'])
  expect(readFileSync(place.log, 'utf8')).toBe('abcdefgh\n')
})

/** Logs one line of each level to standard error, which is a file. @param journal what `JOURNAL_STREAM` is, by that file. */
function loggedTo(format: 'json' | 'text', journal: (stat: { dev: bigint; ino: bigint }) => string | undefined) {
  using folder = temporaryFolder()
  const path = join(folder.path, 'stderr')
  const fd = openSync(path, 'w')
  const named = journal(fstatSync(fd, { bigint: true }))
  const program = `
    import { createLog } from ${JSON.stringify(join(import.meta.dirname, '../../../src/system/logging/winston-log.ts'))}
    await using log = createLog({ level: 'debug', format: '${format}' }, process.env.JOURNAL_STREAM)
    for (const level of ['error', 'warn', 'info', 'debug']) log[level]('said', { by: level })`
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program],
    { stdio: ['ignore', 'ignore', fd], env: named === undefined ? {} : { JOURNAL_STREAM: named } },
  )
  closeSync(fd)
  expect(status).toBe(0)
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

test.each(['json', 'text'] as const)('lines of %s have their priority where the journal reads them', (format) => {
  const plain = loggedTo(format, () => undefined)
  expect(plain.map((line) => line.slice(0, 1))).toEqual(Array(4).fill(format === 'json' ? '{' : '2'))
  const inJournal = loggedTo(format, ({ dev, ino }) => `${dev}:${ino}`)
  expect(inJournal.map((line) => line.slice(0, 4))).toEqual(
    ['<3>', '<4>', '<6>', '<7>'].map((one) => `${one}${format === 'json' ? '{' : '2'}`),
  )
})

test.each([
  ['another file', ({ dev, ino }: { dev: bigint; ino: bigint }) => `${dev}:${ino + 1n}`],
  ['nothing', () => ''],
  ['no numbers', () => 'x:y'],
])('where JOURNAL_STREAM names %s, lines have none', (_, journal) => {
  expect(loggedTo('text', journal)[0]).toMatch(/^\d{4}-.* error said by=error$/)
})
