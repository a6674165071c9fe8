import { SuretyError } from '../../src/base/errors.ts'
import type { Status } from '../../src/protocol/messages/control.ts'
import { sampleStatus } from '../support/daemon/sample-status.ts'
import { daemonWith, run } from './surety-runs.ts'

const ID = sampleStatus().device?.id
const with_ = (changes: Partial<Status>, lastError?: { code: string; message: string }): Status => ({
  ...sampleStatus(),
  health: [],
  ...changes,
  directory: { ...sampleStatus().directory, ...(lastError === undefined ? {} : { lastError }) },
})
const warning = (code: string) => [{ code, remedy: 'r', since: 0 }]
const nobody = (changes: Partial<Status>, lastError?: { code: string; message: string }): Status => {
  const { device: __, ...rest } = with_({ enrolment: 'not-enrolled', ...changes }, lastError)
  return rest
}
const AWAY = { code: 'DIRECTORY_UNREACHABLE', message: 'connection to wss://x:1: ECONNREFUSED' }

test.each<[string, Status, number, string]>([
  ['an enrolled device', with_({ enrolment: 'enrolled' }), 0, `enrolled as ${ID}, tier`],
  ['a device that waits', with_({ enrolment: 'pending' }), 8, `an administrator has to decide about ${ID}`],
  [
    'a refused string',
    nobody(
      { enrolment: 'refused', health: warning('ENROLMENT_FAILED') },
      { code: 'TOKEN_USED', message: 'the token was used' },
    ),
    ...([3, 'refused by the directory: the token was used [TOKEN_USED]'] as const),
  ],
  [
    'a retired device',
    with_({ enrolment: 'retired' }, { code: 'DEVICE_RETIRED', message: 'the device was retired' }),
    ...([3, 'retired by an administrator: the device was retired [DEVICE_RETIRED]'] as const),
  ],
  ['no string', nobody({ health: warning('NOT_ENROLLED') }), 3, 'there is no enrolment string'],
  ['a directory that is away', nobody({}, AWAY), 9, `not enrolled yet: ${AWAY.message} [DIRECTORY_UNREACHABLE]`],
  [
    'a string that is a link',
    nobody({ health: warning('ENROLMENT_FAILED') }, { code: 'FILE_IS_LINK', message: 'it is a link' }),
    ...([3, 'not enrolled: it is a link [FILE_IS_LINK]'] as const),
  ],
  [
    'another server at the address',
    nobody({ health: warning('DIRECTORY_UNTRUSTED') }, { code: 'PIN_MISMATCH', message: 'no pinned key' }),
    ...([3, 'not enrolled: no pinned key [PIN_MISMATCH]'] as const),
  ],
])('says what is true of %s', async (_, status, exitCode, words) => {
  const said = await run('enrolment', daemonWith(status))
  expect(said).toMatchObject({ exitCode, err: '' })
  expect(said.out).toContain(words)
  expect(said.out.trimEnd().split('\n')).toHaveLength(1)
  const { schema, enrolment } = JSON.parse((await run('enrolment --json', daemonWith(status))).out)
  expect({ schema, enrolment }).toEqual({ schema: 'surety/enrolment@1', enrolment: status.enrolment })
})

/** Answers with these in turn, and goes on with the last. An error is thrown. */
function daemonThatSays(...answers: readonly (Status | SuretyError)[]) {
  let asked = 0
  const status = async () => {
    const answer = answers[Math.min(asked++, answers.length - 1)]
    if (answer === undefined || answer instanceof SuretyError) throw answer
    return answer
  }
  return { daemon: { ...daemonWith(sampleStatus()), status }, asked: () => asked }
}
const PATIENT = { untilInterrupted: () => new AbortController().signal }
const still = new SuretyError('DAEMON_UNREACHABLE', 'no daemon')

test('waits for a daemon that starts, a string that comes and a directory that is away', async () => {
  const { daemon, asked } = daemonThatSays(
    still,
    nobody({ health: warning('NOT_ENROLLED') }),
    nobody({}, AWAY),
    with_({}),
  )
  expect(await run('enrolment --wait 1h', daemon, PATIENT)).toMatchObject({ exitCode: 0 })
  expect(asked()).toBe(4)
})

test('does not wait once a human has to decide', async () => {
  const { daemon, asked } = daemonThatSays(nobody({}, AWAY), with_({ enrolment: 'pending' }), with_({}))
  expect(await run('enrolment --wait 1h', daemon, PATIENT)).toMatchObject({ exitCode: 8 })
  expect(asked()).toBe(2)
})

const REFUSALS: readonly (readonly [string, Status])[] = [
  ['a refusal', nobody({ enrolment: 'refused' })],
  ['a string that cannot be read', nobody({ health: warning('ENROLMENT_FAILED') })],
]

test.each(REFUSALS)(
  'ends with 3 once %s has stood for longer than the daemon looks for a string',
  async (_, status) => {
    const { daemon, asked } = daemonThatSays(nobody({}, AWAY), status)
    expect(await run('enrolment --wait 1h', daemon, PATIENT)).toMatchObject({ exitCode: 3 })
    expect(asked()).toBe(1 + 16)
  },
)

test.each(REFUSALS)('%s of the string before is not the outcome of the next one', async (_, status) => {
  const { daemon } = daemonThatSays(...Array(10).fill(status), nobody({}, AWAY), ...Array(10).fill(status), with_({}))
  expect(await run('enrolment --wait 1h', daemon, PATIENT)).toMatchObject({ exitCode: 0 })
})

test('without --wait, reports a refusal at once', async () => {
  const { daemon, asked } = daemonThatSays(nobody({ enrolment: 'refused' }))
  expect(await run('enrolment', daemon, PATIENT)).toMatchObject({ exitCode: 3 })
  expect(asked()).toBe(1)
})

test('says once that the directory refuses', async () => {
  const status = nobody({ enrolment: 'refused' }, { code: 'TOKEN_USED', message: 'the directory refuses: it was used' })
  expect((await run('enrolment', daemonWith(status))).out).toBe('refused by the directory: it was used [TOKEN_USED]\n')
})

test.each([
  ['no daemon', still, 6],
  ['no outcome', nobody({}, AWAY), 9],
])('ends when the time is over: %s', async (_, answer, exitCode) => {
  const { daemon } = daemonThatSays(answer)
  expect(await run('enrolment --wait 1s', daemon, PATIENT)).toMatchObject({ exitCode })
})

test('does not wait for a daemon that refuses to answer', async () => {
  const { daemon, asked } = daemonThatSays(new SuretyError('NOT_PERMITTED', 'no'), with_({}))
  expect(await run('enrolment --wait 1h', daemon, PATIENT)).toMatchObject({ exitCode: 1 })
  expect(asked()).toBe(1)
})

test.each(['0s', '2h', '61m', '-1s', '5', 'soon', '', '2026-11-28', '1d'])('refuses --wait %j', async (time) => {
  const { daemon, asked } = daemonThatSays(with_({}))
  const said = await run(['enrolment', '--wait', time], daemon, PATIENT)
  expect(said).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining('USAGE_INVALID') })
  expect(asked()).toBe(0)
})
