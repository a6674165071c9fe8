import { syslogLine } from '../../../src/admin/events/export-events.ts'
import type { DirectoryEvent } from '../../../src/protocol/nouns/directory/events.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME } from '../../support/directory/seeded-directory.ts'

const RFC_5424 =
  /^<1(?:0[0-9]|1[01])>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]{1,255} surety-directory - [!-~]{1,32} \[surety@32473(?: [a-zA-Z]+="(?:[^"\\\]]|\\["\\\]])*")+\] .+$/

describe('events export', () => {
  let directory: TestDirectory
  directoryForAll((started) => {
    directory = started
  })
  const run = (...args: string[]) => runCommand(directory, ['events', 'export', ...args])
  const add = (reason: string) =>
    directory.store.activity.add({ at: directory.clock.now(), kind: 'enrolment-refused', detail: { reason } })
  const idsOf = (out: string) =>
    out.split('\n').flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { event: { id: number } }).event.id]))

  test('JSON Lines: every event in its order, over pages', async () => {
    for (let i = 0; i < 501; i++) await add(`r${i}`)
    const { exitCode, out, err } = await run()
    expect({ exitCode, err, ids: idsOf(out) }).toEqual({
      exitCode: 0,
      err: '',
      ids: Array.from({ length: 501 }, (_, i) => i + 1),
    })
  })

  test('continues after an id', async () => {
    for (const reason of ['a', 'b', 'c']) await add(reason)
    expect(idsOf((await run('--after', '2')).out)).toEqual([3])
    expect((await run('--after', '3')).out).toBe('')
  })

  test('follows: what comes is written once', async () => {
    await add('a')
    const ended = new AbortController()
    let pauses = 0
    const { out } = await runCommand(directory, ['events', 'export', '--follow'], {
      untilInterrupted: () => ended.signal,
      async pause() {
        pauses++
        if (pauses === 1) await add('b')
        if (pauses === 3) ended.abort()
        return Promise.resolve()
      },
    })
    expect(idsOf(out)).toEqual([1, 2])
  })

  test('hostile text stays in its line in both formats', async () => {
    await add(`${HOSTILE_NAME}" ] \\`)
    const json = await run()
    const syslog = await run('--format', 'syslog')
    for (const { out } of [json, syslog]) {
      expect(out.split('\n')).toHaveLength(2)
      expect(out).not.toMatch(DANGEROUS)
    }
    expect(syslog.out.trimEnd()).toMatch(RFC_5424)
  })

  test.each([
    ['another format', ['--format', 'csv']],
    ['a negative id', ['--after', '-1']],
    ['a time as an id', ['--after', '24h']],
    ['a number that is not exact', ['--after', '99999999999999999']],
    ['an argument', ['devices']],
  ])('%s is refused', async (_name, args) => {
    expect(await run(...args)).toMatchObject({ exitCode: 2, out: '' })
  })
})

describe('a syslog line', () => {
  const event: DirectoryEvent = { id: 7, time: 0, kind: 'enrolled', facts: {} }
  const lineOf = (others: Partial<DirectoryEvent> = {}, host = 'host', message = 'm') =>
    syslogLine({ ...event, ...others }, { host, severity: 'warning', message })

  test('is one of RFC 5424', () => {
    expect(lineOf({ device: 'dev_1', actor: 'adm_1', actorName: 'ada' })).toBe(
      '<108>1 1970-01-01T00:00:00.000Z host surety-directory - enrolled [surety@32473 id="7" device="dev_1" actor="adm_1" actorName="ada"] enrolled m',
    )
  })

  test.each([
    ['a quotation mark', '"', '\\"'],
    ['a bracket', ']', '\\]'],
    ['a backslash', '\\', '\\\\'],
    ['a line feed', '\n', '\\\\n'],
    ['an escape', '\u001b', '\\\\x1b'],
    ['a direction mark', '\u202e', '\\\\u{202e}'],
  ])('escapes %s in a parameter', (_name, text, escaped) => {
    const line = lineOf({ actor: text })
    expect(line).toContain(` actor="${escaped}"]`)
    expect(line).toMatch(RFC_5424)
  })

  test.each([
    ['a kind with a space', { kind: 'a b' }, 'host'],
    ['a kind of another script', { kind: 'é' }, 'host'],
    ['an empty kind', { kind: '' }, 'host'],
    ['a long kind', { kind: 'k'.repeat(64) }, 'host'],
    ['a host with a line feed', {}, 'a\nb'],
    ['no host', {}, ''],
    ['long text', { actor: 'a'.repeat(5000) }, 'host'],
  ])('%s stays one', (_name, others, host) => {
    const line = lineOf(others, host, 'm'.repeat(10_000))
    expect(line).toMatch(RFC_5424)
    expect(line.length).toBeLessThan(8192)
  })
})
