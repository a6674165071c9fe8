import { SuretyError } from '../../../src/base/errors.ts'
import { statusLines } from '../../../src/cli/status/status-view.ts'
import { TAMPER_KINDS, type TamperSign } from '../../../src/protocol/tamper.ts'
import { tamperWords } from '../../../src/view/tamper-words.ts'
import { SAMPLE_TIME, sampleStatus } from '../../support/daemon/sample-status.ts'
import { daemonWith, PLAIN, run } from '../surety-runs.ts'

const DAY = 86_400_000
const stopped: TamperSign = { kind: 'stopped', time: SAMPLE_TIME - 3_600_000, durationMs: 7_200_000, cause: 'ended' }
const shown = (tamperSigns: TamperSign[], time = SAMPLE_TIME) =>
  statusLines({ ...sampleStatus({ time }), tamperSigns }, PLAIN, time).join('\n')

test('status shows the signs of a week, the newest first', () => {
  const old: TamperSign = { kind: 'record-lost', time: SAMPLE_TIME - 8 * DAY }
  const text = shown([old, stopped, { kind: 'paused', time: SAMPLE_TIME - 1, durationMs: 60_000, cause: 'signal' }])
  expect(text).toContain(
    'Tamper signs\n  just now: suretyd was held for 1 min: a signal stopped it\n  1 h ago: suretyd did',
  )
  expect(text).not.toContain('record')
})

test('status without signs says nothing of them', () => {
  expect(shown([])).not.toContain('Tamper')
  expect(shown([stopped], SAMPLE_TIME + 9 * DAY)).not.toContain('Tamper')
})

test('of very many signs some are shown, and how many there are', () => {
  const text = shown(Array.from({ length: 32 }, (_, at) => ({ ...stopped, time: SAMPLE_TIME - at })))
  expect([text.match(/did not run/g)?.length, text.includes('and 27 more')]).toEqual([5, true])
})

test('names of files move no cursor', () => {
  expect(shown([{ kind: 'program-changed', time: SAMPLE_TIME, names: ['/a\u001b[2J\r\n/b'], nameCount: 1 }])).toContain(
    '/a\\x1b[2J',
  )
})

test.each(TAMPER_KINDS)('%s has words, with all that it may have and with nothing', (kind) => {
  const all = { durationMs: 60_000, cause: 'unknown' as const, offByMs: -DAY, names: ['/a', '/b'], nameCount: 9 }
  const words = [tamperWords({ kind, time: 1 }), tamperWords({ kind, time: 1, ...all, by: '0', reason: 'sold' })]
  for (const text of words) expect(text).not.toMatch(/undefined|NaN|object/)
})

describe('report-removal', () => {
  const answering = (remove: ReturnType<typeof daemonWith>['remove']) => ({ ...daemonWith(sampleStatus()), remove })

  test('says whether the directory has the record', async () => {
    const reasons: string[] = []
    const sent = await run(['report-removal', '--reason', 'sold'], {
      ...answering(async (reason) => {
        reasons.push(reason)
        return { report: 'sent' }
      }),
    })
    expect([sent.exitCode, sent.out, reasons]).toEqual([0, 'The directory has the record.\n', ['sold']])
    const kept = await run(
      ['report-removal', '--reason', 'sold'],
      answering(async () => ({ report: 'kept' })),
    )
    expect([kept.exitCode, kept.out.includes('The record is kept here')]).toEqual([0, true])
  })

  const never = () => Promise.reject(new TypeError('asked'))
  test.each([
    ['no reason', ['report-removal'], 2, 'USAGE_INVALID'],
    ['an empty reason', ['report-removal', '--reason', ''], 2, 'USAGE_INVALID'],
    ['a reason that is too long', ['report-removal', '--reason', 'x'.repeat(501)], 1, 'CONFIG_INVALID'],
    ['a word too many', ['report-removal', 'now', '--reason', 'sold'], 2, 'USAGE_INVALID'],
  ])('%s is refused before the daemon is asked', async (_, argv, exitCode, code) => {
    const said = await run(argv, answering(never))
    expect([said.exitCode, said.out, said.err]).toEqual([exitCode, '', expect.stringContaining(`[${code}]`)])
  })

  test.each(['NOT_PERMITTED', 'DAEMON_UNREACHABLE'] as const)('reports %s of the daemon', async (code) => {
    const refuse = () => Promise.reject(new SuretyError(code, 'no'))
    const said = await run(['report-removal', '--reason', 'sold'], answering(refuse))
    expect([said.exitCode > 0, said.err]).toEqual([true, expect.stringContaining(`[${code}]`)])
  })
})
