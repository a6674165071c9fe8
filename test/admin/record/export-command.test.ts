import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../../../src/admin/connection/api-client.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import type { AdministratorProfile } from '../../../src/protocol/noun/answers.ts'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import { run as runSurety } from '../../cli/surety-runs.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { runCommand } from '../../support/directory/run-commands.ts'

/** `audit export` of a directory with real HTTP and SQLite. `surety audit verify` is the way of an auditor. */

let directory: TestDirectory
let filledAt = 0
directoryForAll(async (started) => {
  directory = started
  filledAt = directory.clock.now()
  await fill(700)
  await directory.clock.advance(1_000)
  while (await directory.sequence());
})

const FORMULA = '=HYPERLINK("https://evil.example")'

async function fill(count: number) {
  await directory.store.transaction(async () => {
    for (let number = 0; number < count; number++) {
      const details = { number, note: FORMULA }
      await directory.store.audit.add({
        at: filledAt + number,
        actor: 'adm_1',
        act: 'labelled',
        subject: FORMULA,
        details,
      })
    }
  })
}

const GONE = new SuretyError('DIRECTORY_UNREACHABLE', 'no directory answers')

let files = 0
async function exported(...args: readonly string[]) {
  const file = join(directory.folder, `export-${files++}`)
  const answer = await runCommand(directory, ['audit', 'export', '--out', file, '--json', ...args])
  return { ...answer, file, text: existsSync(file) ? readFileSync(file, 'utf8') : undefined }
}

const linesOf = (text = '') => text.split('\n').slice(0, -1)
const verify = (file: string) =>
  runSurety(['audit', 'verify', file, '--key', formatNoteKey(directory.logKey.key), '--json'])

test('every entry is an event of OCSF in the order of the log, and counted at the end', async () => {
  const { exitCode, out, file, text } = await exported()
  expect(exitCode).toBe(0)
  const events = linesOf(text).map((line) => JSON.parse(line))
  const size = await directory.store.record.size()
  const end = events.pop()
  expect(events.map(({ metadata }) => metadata.sequence)).toEqual(Array.from({ length: size }, (_, index) => index))
  expect(end).toMatchObject({ class_uid: 0, unmapped: { entries: size } })
  expect(end.unmapped.checkpoint).toContain(`${directory.logKey.key.name}\n${size}\n`)
  expect(JSON.parse(out)).toMatchObject({ entries: size, size, format: 'ocsf', file })
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('filters combine, and what they leave out is not counted', async () => {
  const { text, out } = await exported('--kind', 'labelled', '--by', 'adm_1')
  const events = linesOf(text).map((line) => JSON.parse(line))
  expect(events.length).toBe(701)
  expect(JSON.parse(out).entries).toBe(700)
  expect(new Set(events.slice(0, -1).map(({ metadata }) => metadata.event_code))).toEqual(new Set(['labelled']))
})

test('a cell of CSV is no formula, and the last row has the checkpoint', async () => {
  const { text = '' } = await exported('--format', 'csv', '--kind', 'labelled')
  const [heading, first] = text.split('\r\n')
  expect(heading).toMatch(/^index,id,time,kind,by,/)
  expect(first).toContain(`"'${FORMULA.replaceAll('"', '""')}"`)
  expect(text).not.toMatch(/(^|,)"?=/m)
  expect(text.slice(text.lastIndexOf('export-ended'))).toContain('""entries"":700')
})

test('the plain form verifies with the key of the log and nothing else', async () => {
  const { exitCode, file, text } = await exported('--format', 'plain')
  expect(exitCode).toBe(0)
  const verified = await verify(file)
  expect(verified.exitCode).toBe(0)
  const size = await directory.store.record.size()
  expect(JSON.parse(verified.out)).toMatchObject({ ok: true, kind: 'export', entries: { from: 0, to: size } })
  expect(linesOf(text).length).toBe(size + 1)
})

test('a time selects a range, which verifies too', async () => {
  const [oldest, newest] = [300, 620].map((number) => new Date(filledAt + number).toISOString())
  const { file, out } = await exported('--format', 'plain', '--since', oldest ?? '', '--until', newest ?? '')
  const { entries, size } = JSON.parse(out)
  expect(entries).toBe(320)
  expect(JSON.parse((await verify(file)).out)).toMatchObject({ ok: true, entries: { to: size - 80 } })
})

test.each([
  ['another filter', ['--format', 'plain', '--kind', 'labelled'], 2, 'takes only --since and --until'],
  ['a time without entries', ['--format', 'plain', '--until', '2001-01-01'], 1, 'no entry of this time'],
  ['a format that is none', ['--format', 'xml'], 2, 'ocsf, csv, plain'],
  ['a time that is none', ['--since', 'soon'], 2, 'expected a time'],
])('%s is refused, and leaves no file', async (_, args, exitCode, words) => {
  const answer = await exported(...args)
  expect({ exitCode: answer.exitCode, text: answer.text }).toEqual({ exitCode, text: undefined })
  expect(answer.err).toContain(words)
})

test('a file that is there is not overwritten', async () => {
  const { file, text } = await exported('--kind', 'labelled')
  const again = await runCommand(directory, ['audit', 'export', '--out', file])
  expect(again).toMatchObject({ exitCode: 1, err: expect.stringContaining('exists already') })
  expect(readFileSync(file, 'utf8')).toBe(text)
})

test('a directory that goes away in between leaves no file', async () => {
  const file = join(directory.folder, 'broken')
  let asked = 0
  const apiOf = (profile: AdministratorProfile): ApiClient => {
    const { ask } = apiClient(profile)
    // The log, and one page.
    return { ask: (...question) => (++asked > 2 ? Promise.reject(GONE) : ask(...question)) }
  }
  const { exitCode, err } = await runCommand(directory, ['audit', 'export', '--out', file], { apiOf })
  expect({ exitCode, err }).toEqual({ exitCode: 6, err: expect.stringContaining('DIRECTORY_UNREACHABLE') })
  expect(existsSync(file)).toBe(false)
})

test('an interruption leaves no file', async () => {
  const file = join(directory.folder, 'interrupted')
  const interruption = new AbortController()
  const others = { untilInterrupted: () => interruption.signal, err: () => interruption.abort(), now: tick() }
  const terminal = { columns: 80, colour: false }
  const { exitCode } = await runCommand(directory, ['audit', 'export', '--out', file], { ...others, terminal })
  expect(exitCode).not.toBe(0)
  expect(existsSync(file)).toBe(false)
})

test('a terminal shows how many entries there are so far', async () => {
  const file = join(directory.folder, 'progress')
  const terminal = { columns: 80, colour: false }
  const { err } = await runCommand(directory, ['audit', 'export', '--out', file], { terminal, now: tick() })
  const counts = err.split('\r').slice(1)
  expect(counts[0]).toBe('500 entries')
  expect(counts.at(-1)).toMatch(/^7\d\d entries\n$/)
})

/** A clock that has gone on at each look. */
function tick(): () => number {
  let now = directory.clock.now()
  return () => {
    now += 1_000
    return now
  }
}
