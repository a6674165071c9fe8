import { SuretyError } from '../../src/base/errors.ts'
import type { SightingsAnswer } from '../../src/protocol/control.ts'
import type { Terminal } from '../../src/view/terminal.ts'
import { answerOf, claude, daemonOf, deskbot, linesOf, PLAIN, run, TIME } from './seen-on-a-device.ts'

describe('--watch', () => {
  /** A daemon that gives one answer after another, then is interrupted. */
  function telling(answers: readonly (SightingsAnswer | SuretyError)[]) {
    const stop = new AbortController()
    const asked: (string | undefined)[] = []
    const left = [...answers]
    const daemon = daemonOf(async ({ unlike }) => {
      asked.push(unlike)
      const next = left.shift()
      if (left.length === 0) stop.abort()
      if (next instanceof SuretyError) throw next
      return next ?? answerOf([])
    })
    return { daemon, asked, signal: stop.signal }
  }
  const away = new SuretyError('DAEMON_UNREACHABLE', 'nobody answers')
  const watch = async (
    answers: readonly (SightingsAnswer | SuretyError)[],
    argv: string,
    terminal: Terminal = PLAIN,
  ) => {
    const { daemon, asked, signal } = telling(answers)
    return { ...(await run(argv, daemon, terminal, signal)), asked }
  }

  test('in a pipe: all at first, then a line for what came, changed and went', async () => {
    const renamed = { ...claude, flags: [] }
    const moved = { ...renamed, parts: [] }
    const { exitCode, out, asked } = await watch(
      [
        answerOf([claude]),
        answerOf([claude, deskbot]),
        answerOf([renamed, deskbot], { mark: 'a' }),
        // What no column shows is no line.
        answerOf([moved, deskbot], { mark: 'b' }),
        answerOf([deskbot]),
      ],
      'agents --watch',
    )
    expect({ exitCode, asked }).toEqual({
      exitCode: 0,
      asked: [undefined, '1'.padStart(32, '0'), '2'.padStart(32, '0'), 'a', 'b'],
    })
    expect(linesOf(out).slice(2)).toEqual([
      '  2026-11-25T12:00:00Z  +  deskbot  UNKNOWN, running  alice  pid 1002  unknown  /usr/bin/node  (score 7)',
      '  2026-11-25T12:00:00Z  ~  Claude Code 2.1.0  running  alice  pid 1001  AUTONOMOUS  /home/alice/src/app',
      '  2026-11-25T12:00:00Z  -  Claude Code 2.1.0  running  alice  pid 1001  AUTONOMOUS  /home/alice/src/app',
    ])
  })

  test('with --json: a document a line, and only where something else is told', async () => {
    const same = answerOf([claude])
    const { out } = await watch([same, same, answerOf([])], 'agents --watch --json')
    expect(linesOf(out).map((line) => JSON.parse(line))).toEqual([
      { schema: 'surety/agents@1', agents: [claude], limitedToCaller: false, time: TIME },
      { schema: 'surety/agents@1', agents: [], limitedToCaller: false, time: TIME },
    ])
  })

  test('on a terminal: redrawn in place, within its lines, nothing foreign among its escapes', async () => {
    const many = Array.from({ length: 30 }, (_, i) => ({
      ...deskbot,
      name: `\u001b]0;x\u0007${i}`,
      id: `${i}`.padStart(32, '0'),
    }))
    const { out } = await watch([answerOf(many)], 'agents --watch', { columns: 80, rows: 24, colour: false })
    expect(out.startsWith('\u001b[H\u001b[J')).toBe(true)
    expect(out.split('\u001b')).toHaveLength(3)
    expect(linesOf(out).length).toBeLessThan(24)
    expect(out).toContain('… and 42 lines more')
  })

  test('a daemon that goes away, or has no place for us, is waited for, said once, and said to be back', async () => {
    const full = new SuretyError('SESSION_LIMIT', 'too many connections')
    const { exitCode, err } = await watch([answerOf([claude]), away, full, answerOf([])], 'agents --watch')
    expect({ exitCode, err }).toEqual({
      exitCode: 0,
      err: 'surety: the daemon is gone; waiting for it\nsurety: the daemon answers again\n',
    })
  })

  test.each([
    ['is not there', away, 6],
    ['does not permit it', new SuretyError('NOT_PERMITTED', 'no'), 1],
    ['is another', new SuretyError('INPUT_MALFORMED', 'no'), 1],
  ])('a daemon that %s at first ends it', async (_, error, exitCode) => {
    expect(await watch([error, error], 'agents --watch')).toMatchObject({ exitCode, out: '' })
  })

  test('a daemon that refuses later ends it too', async () => {
    const refusal = new SuretyError('NOT_PERMITTED', 'no')
    expect(await watch([answerOf([]), refusal, refusal], 'agents --watch')).toMatchObject({ exitCode: 1 })
  })
})
