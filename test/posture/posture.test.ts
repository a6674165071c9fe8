import { SuretyError } from '../../src/base/errors.ts'
import { CHECKS, type Check } from '../../src/checks/checks.ts'
import { notApplicable, pass, unknown } from '../../src/posture/check-outcome.ts'
import type { PostureChecks } from '../../src/posture/checks-of.ts'
import type { PostureRow } from '../../src/posture/components.ts'
import { DARWIN_CHECKS } from '../../src/posture/darwin/checks.ts'
import { LINUX_CHECKS } from '../../src/posture/linux/checks.ts'
import { collectPosture, quickChecks } from '../../src/posture/posture.ts'
import { WINDOWS_CHECKS } from '../../src/posture/windows/checks.ts'
import { explanationOf } from '../../src/protocol/finding.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { machine } from './fake-components.ts'

const never = { signal: new AbortController().signal }
const row = (run: PostureRow['run']): PostureRow => ({ reads: 'files', run })
const good = row(async () => pass('fine'))

function tableWith(rows: Partial<Record<Check, PostureRow>>): Readonly<Record<Check, PostureRow>> {
  // fromEntries over CHECKS has exactly the names of CHECKS.
  return { ...(Object.fromEntries(CHECKS.map((check) => [check, good])) as Record<Check, PostureRow>), ...rows }
}

test('one finding per check, in the order of CHECKS', async () => {
  const findings = await collectPosture(tableWith({}), machine(), { checkTimeoutMs: 1000 }, never)
  expect(findings).toEqual(CHECKS.map((check) => ({ check, state: 'pass', detail: 'fine' })))
})

test('only those asked for, still in order', async () => {
  const only = ['os.supported', 'disk.root-encrypted'] as const
  const findings = await collectPosture(tableWith({}), machine(), { checkTimeoutMs: 1000, only }, never)
  expect(findings.map(({ check }) => check)).toEqual(['disk.root-encrypted', 'os.supported'])
})

test('what is to be skipped is not run, and is unknown', async () => {
  const ran: Check[] = []
  const rows = CHECKS.map((check) => [
    check,
    row(async () => {
      ran.push(check)
      return pass('fine')
    }),
  ])
  const skip = ['os.supported', 'tpm.present'] as const
  const findings = await collectPosture(
    tableWith(Object.fromEntries(rows)),
    machine(),
    { checkTimeoutMs: 1000, skip },
    never,
  )
  expect(ran).toEqual(CHECKS.filter((check) => !(skip as readonly Check[]).includes(check)))
  const reason = 'not checked: posture.skip in the settings of this device names it'
  expect(findings.filter(({ state }) => state !== 'pass')).toEqual([
    { check: 'tpm.present', state: 'unknown', reason },
    { check: 'os.supported', state: 'unknown', reason },
  ])
})

test('a check that does not apply says why', async () => {
  const table = tableWith({ 'boot.setup-mode': row(async () => notApplicable('this system has no setup mode')) })
  const init = { checkTimeoutMs: 1000, only: ['boot.setup-mode'] as const }
  expect(await collectPosture(table, machine(), init, never)).toEqual([
    { check: 'boot.setup-mode', state: 'not-applicable', reason: 'this system has no setup mode' },
  ])
})

test('a check that throws is unknown with its code, and the others do not notice', async () => {
  const table = tableWith({
    'tpm.present': row(async () => {
      throw new SuretyError('FILE_UNREADABLE', '"/sys/x": EACCES', { cause: new Error('inner') })
    }),
    'os.supported': row(async () => {
      throw new TypeError('secret of the inside')
    }),
  })
  const findings = await collectPosture(table, machine(), { checkTimeoutMs: 1000 }, never)
  expect(findings.filter(({ state }) => state !== 'pass')).toEqual([
    { check: 'tpm.present', state: 'unknown', reason: '"/sys/x": EACCES: inner (FILE_UNREADABLE)' },
    { check: 'os.supported', state: 'unknown', reason: 'the check failed inside (unexpected error)' },
  ])
})

test('checks that never answer are unknown at their deadline, however many there are', async () => {
  const clock = new FakeClock()
  const hanging = row(() => new Promise(() => undefined))
  const table = tableWith({
    'disk.root-encrypted': hanging,
    'disk.fixed-encrypted': hanging,
    'tpm.present': hanging,
    'os.supported': hanging,
    'network.firewall': hanging,
  })
  const collecting = collectPosture(table, machine({}, {}, { clock }), { checkTimeoutMs: 5000 }, never)
  await clock.advance(5000)
  await clock.advance(5000)
  const late = (await collecting).filter(({ state }) => state === 'unknown')
  expect(late).toHaveLength(5)
  expect(late[0]).toEqual({
    check: 'disk.root-encrypted',
    state: 'unknown',
    reason: 'the check took longer than 5 seconds (COMMAND_TIMED_OUT)',
  })
})

test('a check is aborted at its deadline', async () => {
  const clock = new FakeClock()
  let told: AbortSignal | undefined
  const table = tableWith({
    'tpm.present': row((_, { signal }) => {
      told = signal
      return new Promise(() => undefined)
    }),
  })
  const collecting = collectPosture(table, machine({}, {}, { clock }), { checkTimeoutMs: 10 }, never)
  await clock.advance(10)
  await collecting
  expect(told?.aborted).toBe(true)
})

test('no more than four at once', async () => {
  let running = 0
  let most = 0
  const slow = row(async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return unknown('x')
  })
  const table = tableWith(Object.fromEntries(CHECKS.map((check) => [check, slow])))
  await collectPosture(table, machine(), { checkTimeoutMs: 1000 }, never)
  expect(most).toBe(4)
})

test('stops when aborted', async () => {
  const stop = new AbortController()
  const table = tableWith({ 'tpm.present': row(() => new Promise(() => undefined)) })
  const collecting = collectPosture(table, machine(), { checkTimeoutMs: 1000 }, { signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(collecting).rejects.toThrow('enough')
})

test('texts are cut to what the wire carries, and foreign names cannot forge lines', async () => {
  const table = tableWith({ 'tpm.present': row(async () => pass(`a\nb\u202e${'x'.repeat(2000)}`)) })
  const [finding] = await collectPosture(table, machine(), { checkTimeoutMs: 1000, only: ['tpm.present'] }, never)
  expect(finding).toEqual({
    check: 'tpm.present',
    state: 'pass',
    detail: expect.stringMatching(/^a\\nb\\u\{202e\}x{900,}…$/),
  })
  expect(JSON.stringify(finding).length).toBeLessThan(1100)
})

test('a machine without readable parts passes only what is plainly absent', async () => {
  const findings = await collectPosture(LINUX_CHECKS, machine(), { checkTimeoutMs: 1000 }, never)
  expect(
    findings.flatMap((finding) => (finding.state === 'pass' ? [`${finding.check}: ${explanationOf(finding)}`] : [])),
  ).toEqual([
    'network.smb1: The Samba server is not installed.',
    'access.ssh-root-login: The OpenSSH server is not installed. Other SSH servers are not looked for.',
    'access.elevation: sudo is not set up here. Other programs, such as doas, are not read.',
    'access.automatic-login: No account is logged in automatically by GDM, SDDM, LightDM or a console.',
    'access.remote-login: The OpenSSH server is not installed. Other servers are not looked for.',
    'session.screen-lock: No graphical session is installed, so there is no screen to lock.',
  ])
})

test('quick checks start no program', async () => {
  const asked: string[] = []
  const components = machine(
    {},
    {},
    {
      commands: {
        async run(command) {
          asked.push(command)
          throw new SuretyError('COMMAND_ABSENT', command)
        },
      },
    },
  )
  await collectPosture(LINUX_CHECKS, components, { checkTimeoutMs: 1000, only: quickChecks(LINUX_CHECKS) }, never)
  expect(asked).toEqual([])
  expect(quickChecks(LINUX_CHECKS)).toEqual(CHECKS.filter((check) => LINUX_CHECKS[check].reads === 'files'))
})

describe.each([['Windows', WINDOWS_CHECKS]])('on %s', (_, checks) => {
  test('every check has a reason, and none passes or fails unread', async () => {
    const findings = await collectPosture(checks, machine(), { checkTimeoutMs: 1000 }, never)
    expect(findings.map(({ check }) => check)).toEqual(CHECKS)
    for (const finding of findings) {
      expect(['unknown', 'not-applicable']).toContain(finding.state)
      expect(explanationOf(finding)).not.toContain('unexpected error')
    }
  })
})

test('what only Linux has does not apply elsewhere, and what is unread stays unknown', async () => {
  const stateOn = async (checks: PostureChecks, check: Check) => {
    const [finding] = await collectPosture(checks, machine(), { checkTimeoutMs: 1000, only: [check] }, never)
    return finding?.state
  }
  expect(await stateOn(DARWIN_CHECKS, 'boot.kernel-lockdown')).toBe('not-applicable')
  expect(await stateOn(DARWIN_CHECKS, 'disk.root-encrypted')).toBe('unknown')
  // A PC with Windows has a TPM and a setup mode.
  expect(await stateOn(WINDOWS_CHECKS, 'boot.setup-mode')).toBe('unknown')
  expect(await stateOn(WINDOWS_CHECKS, 'tpm.present')).toBe('unknown')
})
