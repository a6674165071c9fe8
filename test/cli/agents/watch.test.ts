import { SuretyError } from '../../../src/base/errors.ts'
import type { SightingsAnswer } from '../../../src/protocol/messages/control.ts'
import type { Terminal } from '../../../src/view/terminal.ts'
import { widthOf } from '../../../src/view/terminal.ts'
import { answerOf, claude, daemonOf, deskbot, linesOf, PLAIN, run, TIME } from '../seen-on-a-device.ts'

describe('--watch', () => {
  /** A daemon that gives these answers; the last one interrupts the command. */
  function answering(answers: readonly (SightingsAnswer | SuretyError)[]) {
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
  const away = new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')
  const watch = async (
    answers: readonly (SightingsAnswer | SuretyError)[],
    argv: string,
    terminal: Terminal = PLAIN,
  ) => {
    const { daemon, asked, signal } = answering(answers)
    return { ...(await run(argv, daemon, terminal, signal)), asked }
  }

  test('prints to a pipe the list, then a line for each change', async () => {
    const renamed = { ...claude, flags: [] }
    const moved = { ...renamed, parts: [] }
    const { exitCode, out, asked } = await watch(
      [
        answerOf([claude]),
        answerOf([claude, deskbot]),
        answerOf([renamed, deskbot], { mark: 'a' }),
        // A change that no column shows.
        answerOf([moved, deskbot], { mark: 'b' }),
        answerOf([deskbot]),
      ],
      'agents --watch',
    )
    expect({ exitCode, asked }).toEqual({
      exitCode: 0,
      asked: [undefined, '1'.padStart(32, '0'), '2'.padStart(32, '0'), 'a', 'b'],
    })
    const at = '2026-11-25T12:00:00Z'
    expect(linesOf(out)).toEqual([
      '  TIME                     ID        AGENT              STATE    USER   PROCESS   AUTONOMY    WHERE',
      `  ${at}  =  11111111  Claude Code 2.1.0  running  alice  pid 1001  AUTONOMOUS  /home/alice/src/app  (--dangerously-skip-permissions)`,
      `  ${at}  +  22222222  deskbot            UNRECOGNISED, running  alice  pid 1002  not known   /usr/bin/node  (score 7)`,
      `  ${at}  ~  11111111  Claude Code 2.1.0  running  alice  pid 1001  AUTONOMOUS  /home/alice/src/app`,
      `  ${at}  -  11111111  Claude Code 2.1.0  running  alice  pid 1001  AUTONOMOUS  /home/alice/src/app`,
    ])
  })

  test('prints to a pipe the heading and a note for an empty list', async () => {
    const { out } = await watch([answerOf([], { limitedToCaller: true }), answerOf([claude])], 'agents --watch')
    expect(linesOf(out)).toEqual([
      expect.stringMatching(/^ {2}TIME +ID +AGENT +STATE +USER +PROCESS +AUTONOMY +WHERE$/),
      'no agents found',
      'Items of other users are not shown. Run this as root to see all.',
      expect.stringMatching(/^ {2}2026-11-25T12:00:00Z {2}\+ {2}11111111 {2}Claude Code/),
    ])
  })

  test('prints with --json one document per line for each change', async () => {
    const same = answerOf([claude])
    const { out } = await watch([same, same, answerOf([])], 'agents --watch --json')
    expect(linesOf(out).map((line) => JSON.parse(line))).toEqual([
      { schema: 'surety/agents@1', agents: [claude], limitedToCaller: false, time: TIME },
      { schema: 'surety/agents@1', agents: [], limitedToCaller: false, time: TIME },
    ])
  })

  const many = Array.from({ length: 30 }, (_, i) => ({
    ...deskbot,
    name: `\u001b]0;x\u0007${i}`,
    id: `${i}`.padStart(32, '0'),
  }))
  const SCREEN = '\u001b[?1049h'
  const BACK = '\u001b[?1049l'
  /** The lines of each drawing. Checks that there are only known escape sequences. */
  const drawingsOf = (out: string) => {
    expect(out.startsWith(`${SCREEN}\u001b[H`) && out.endsWith(BACK)).toBe(true)
    const drawings = out.slice(SCREEN.length, -BACK.length).split('\u001b[H').slice(1)
    return drawings.map((drawing) => {
      expect(drawing.endsWith('\n\u001b[J')).toBe(true)
      return drawing
        .slice(0, -'\n\u001b[J'.length)
        .split('\u001b[K\n')
        .map((line) => line.replace('\u001b[K', ''))
    })
  }

  test('redraws on the alternate screen, within its rows and without foreign escapes', async () => {
    const { out } = await watch([answerOf(many), answerOf([claude])], 'agents --watch', {
      columns: 80,
      rows: 24,
      colour: false,
    })
    const [first = [], second = [], ...more] = drawingsOf(out)
    expect(more).toEqual([])
    expect(first.length).toBeLessThan(24)
    expect(first.join('\n')).toContain('… and 42 more lines')
    expect(second.join('\n')).toContain('Claude Code')
    expect(`${first.join('')}${second.join('')}`).not.toContain('\u001b')
  })

  test('redraws at once when the terminal is resized', async () => {
    const stop = new AbortController()
    const terminal = { columns: 80, rows: 24, colour: false }
    let redraw = () => {}
    const daemon = daemonOf(async ({ unlike }) => {
      if (unlike !== undefined) {
        Object.assign(terminal, { columns: 40, rows: 10 })
        redraw()
        stop.abort()
      }
      return answerOf(many)
    })
    const { out } = await run('agents --watch', daemon, terminal, stop.signal, (given) => {
      redraw = given
    })
    const [first = [], second = [], ...more] = drawingsOf(out)
    expect(more).toEqual([])
    expect([first.length, second.length]).toEqual([23, 9])
    expect(second.every((line) => widthOf(line) <= 40)).toBe(true)
  })

  test('returns to the main screen before an error', async () => {
    const refusal = new SuretyError('NOT_PERMITTED', 'no')
    const terminal = { columns: 80, rows: 24, colour: false }
    const { out } = await watch([answerOf([]), refusal, refusal], 'agents --watch', terminal)
    expect(drawingsOf(out)).toHaveLength(1)
  })

  test('waits for a daemon that is gone or full, and reports it once', async () => {
    const full = new SuretyError('SESSION_LIMIT', 'too many connections')
    const { exitCode, err } = await watch([answerOf([claude]), away, full, answerOf([])], 'agents --watch')
    expect({ exitCode, err }).toEqual({
      exitCode: 0,
      err: 'surety: suretyd is gone; waiting for it\nsurety: suretyd answers again\n',
    })
  })

  test.each([
    ['is missing', away, 6],
    ['does not permit it', new SuretyError('NOT_PERMITTED', 'no'), 1],
    ['is another program', new SuretyError('INPUT_MALFORMED', 'no'), 1],
  ])('ends when the daemon %s at first', async (_, error, exitCode) => {
    expect(await watch([error, error], 'agents --watch')).toMatchObject({ exitCode, out: '' })
  })

  test('ends when the daemon refuses later', async () => {
    const refusal = new SuretyError('NOT_PERMITTED', 'no')
    expect(await watch([answerOf([]), refusal, refusal], 'agents --watch')).toMatchObject({ exitCode: 1 })
  })
})
