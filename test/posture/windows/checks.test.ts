import fc from 'fast-check'
import type { Check } from '../../../src/checks/checks.ts'
import { collectPosture } from '../../../src/posture/posture.ts'
import { WINDOWS_CHECKS } from '../../../src/posture/windows/checks.ts'
import type { Finding } from '../../../src/protocol/finding.ts'
import type { Answer } from '../../../src/system/facts/background.ts'
import { windowsFacts } from '../../../src/system/facts/windows.ts'
import type { PowerShell } from '../../../src/system/program/powershell.ts'
import { anyText } from '../../support/any-text.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { changed, type RecordedWindows, recordedWindows } from '../../support/platforms/recorded-windows.ts'
import { machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'
import { ACCOUNT_CASES } from './account-cases.ts'
import { guard, registry, SERVICES, SOUND, services } from './changes.ts'
import { DISK_CASES } from './disk-cases.ts'
import { PROTECTION_CASES } from './protection-cases.ts'
import { UPDATE_CASES } from './update-cases.ts'

/** What the checks make of recorded facts. That the addon gives such facts, `facts.wine.test.ts` shows as far as Wine can. */

const CASES = [...DISK_CASES, ...UPDATE_CASES, ...PROTECTION_CASES, ...ACCOUNT_CASES]
const never = { signal: new AbortController().signal }
const withoutWmi = { ...SOUND, wmi: {} }

async function find(
  check: Check,
  on: RecordedWindows,
  { shell, files = {} }: { readonly shell?: PowerShell; readonly files?: Tree } = {},
): Promise<Finding> {
  const clock = new FakeClock()
  const facts = windowsFacts({ addon: recordedWindows(on), clock, ...(shell === undefined ? {} : { shell }) })
  const components = machine(files, {}, { clock, windows: facts })
  const signal = new AbortController().signal
  const findings = await collectPosture(WINDOWS_CHECKS, components, { checkTimeoutMs: 5000, only: [check] }, { signal })
  const [finding] = findings
  if (finding === undefined) throw new Error(`no finding for ${check}`)
  return finding
}

/** What a managed laptop says. */
const ON_A_SOUND_MACHINE: readonly (readonly [Check, string])[] = [
  ['disk.root-encrypted', 'BitLocker protects C:, the volume of Windows.'],
  ['disk.fixed-encrypted', 'BitLocker protects 1 other fixed volume: D:.'],
  ['boot.secure-boot', 'Secure Boot is on.'],
  ['boot.setup-mode', 'The firmware is not in setup mode: its Secure Boot keys are set.'],
  ['tpm.present', 'A TPM 2.0 is there.'],
  ['os.supported', 'Windows 11 25H2 (build 26200, Enterprise) is supported until 2028-10-10.'],
  ['os.security-updates', 'No security update is waiting (searched on 2026-11-25). 1 other update waiting.'],
  ['os.automatic-updates', 'Windows installs updates automatically.'],
  ['os.reboot-pending', 'No installed update waits for a restart.'],
  ['os.memory-integrity', 'Memory integrity is on.'],
  ['os.application-origin', 'SmartScreen is on (warn).'],
  ['protection.antivirus', 'Defender protects in real time; its signatures are 0 days old.'],
  ['network.firewall', 'Windows Firewall is on in all profiles and blocks what no rule allows.'],
  ['network.smb1', 'The SMB server does not speak SMB 1.'],
  ['access.mandatory-access-control', 'App Control for Business decides which programs run.'],
  [
    'access.administrators',
    '3 members of the group Administrators: ann, S-1-5-21-3623811015-3361044348-30300820-512 and BobBaker.',
  ],
  ['access.elevation', 'User Account Control asks before a program gets the rights of an administrator.'],
  ['access.guest-account', 'The account for guests is disabled.'],
  ['access.automatic-login', 'No account is logged in automatically.'],
  [
    'access.remote-login',
    'Remote Desktop is off, and the OpenSSH server is not installed. Other servers are not looked for.',
  ],
  ['access.credential-guard', 'Credential Guard is on.'],
  ['session.screen-lock', 'Windows locks every session after 10 minutes without input.'],
  ['management.mdm', 'Windows is enrolled with MS DM Server (enrollment.manage.microsoft.com).'],
]

test.each(ON_A_SOUND_MACHINE)('%s passes on a managed laptop', async (check, detail) => {
  expect(await find(check, SOUND)).toEqual({ check, state: 'pass', detail })
})

test.each(CASES)('%s, %s', async (check, _, change, state, text) => {
  const finding = await find(check, changed(SOUND, change))
  const said = 'reason' in finding ? finding.reason : finding.detail
  expect(`${finding.state}: ${said}`).toContain(`${state}: `)
  expect(said).toContain(text)
})

test('each check that applies has been seen to pass, to fail and to be unknown', () => {
  const seen = new Set([
    ...ON_A_SOUND_MACHINE.map(([check]) => `${check} pass`),
    ...CASES.map(([check, , , state]) => `${check} ${state}`),
  ])
  const unseen = ON_A_SOUND_MACHINE.flatMap(([check]) =>
    (['pass', 'fail', 'unknown'] as const)
      .filter((state) => !seen.has(`${check} ${state}`))
      .map((state) => `${check} ${state}`),
  )
  expect(unseen).toEqual([])
})

test('without WMI nothing passes that needs it, and nothing fails inside', async () => {
  const facts = windowsFacts({ addon: recordedWindows(withoutWmi), clock: new FakeClock() })
  const findings = await collectPosture(
    WINDOWS_CHECKS,
    machine({}, {}, { windows: facts }),
    { checkTimeoutMs: 5000 },
    never,
  )
  const unknown = findings.filter(({ state }) => state === 'unknown').map(({ check }) => check)
  expect(unknown).toEqual([
    ...['disk.root-encrypted', 'disk.fixed-encrypted', 'os.memory-integrity', 'protection.antivirus'],
    ...['network.firewall', 'access.mandatory-access-control', 'access.credential-guard', 'enforcement.freeze'],
  ])
  expect(JSON.stringify(findings)).not.toContain('unexpected error')
})

test('a Windows that answers no question leaves them unknown, and holds up no others', async () => {
  const clock = new FakeClock()
  const silence = () => undefined
  const addon = {
    ...recordedWindows(SOUND),
    wmiQuery: silence,
    wmiCall: silence,
    pendingUpdates: silence,
    localAccounts: silence,
    userAdministrators: () => new Promise<never>(() => undefined),
  }
  const components = machine({}, {}, { clock, windows: windowsFacts({ addon, clock }) })
  const collecting = collectPosture(WINDOWS_CHECKS, components, { checkTimeoutMs: 5000 }, never)
  let findings: readonly Finding[] | undefined
  void collecting.then((found) => {
    findings = found
  })
  while (findings === undefined) await clock.advance(1000)
  const byState = (state: Finding['state']) => findings?.filter((one) => one.state === state) ?? []
  expect(byState('unknown').length).toBe(12)
  expect(byState('pass').length).toBe(12)
  const late = byState('unknown').filter((one) => 'reason' in one && one.reason.includes('COMMAND_TIMED_OUT'))
  expect(late.map(({ check }) => check)).toContain('disk.root-encrypted')
})

test('a Windows that answers every question with noise passes nothing', async () => {
  const noise = anyText({ minLength: 1 }).map((text) => `?${text}`)
  await fc.assert(
    fc.asyncProperty(noise, async (text) => {
      const answer = (callback: Answer) => setImmediate(() => callback(0, JSON.stringify([{ [text]: text }])))
      const addon = {
        registryRead: () => ({ type: 1, bytes: Buffer.from(text, 'utf16le') }),
        registryKeys: () => [text, 'S-1-5-21-1-2-3-4'],
        registryValues: () => [{ name: text, type: 1, bytes: Buffer.from(text, 'utf16le') }],
        wmiQuery: (_namespace: string, _query: string, _within: number, callback: Answer) => answer(callback),
        wmiCall: (...args: readonly unknown[]) => answer(args.at(-1) as Answer),
        firmwareVariable: (_name: string, _guid: string, bytes: Uint8Array) => {
          bytes.set(Buffer.from(text).subarray(0, bytes.length))
          return Math.min(Buffer.byteLength(text), bytes.length)
        },
        tpmVersion: () => text.length + 2,
        pendingUpdates: answer,
        localAccounts: answer,
        userAdministrators: async () => [text],
        userProfiles: async () => [{ userId: text, home: text, name: text }],
      }
      const shell: PowerShell = { run: async () => text }
      const windows = windowsFacts({ addon, clock: new FakeClock(), shell })
      const findings = await collectPosture(
        WINDOWS_CHECKS,
        machine({}, {}, { windows }),
        { checkTimeoutMs: 1000 },
        never,
      )
      expect(findings.filter(({ state }) => state === 'pass')).toEqual([])
      expect(JSON.stringify(findings)).not.toContain('unexpected error')
    }),
  )
})

describe('rules of AppLocker', () => {
  const AUDITED = guard({ UsermodeCodeIntegrityPolicyEnforcementStatus: 0 })
  const RUNNING = changed(changed(SOUND, AUDITED), services({ Name: 'AppIDSvc', State: 'Running' }))
  const policy = (mode: string) =>
    `<AppLockerPolicy Version="1"><RuleCollection Type="Appx" EnforcementMode="NotConfigured" /><RuleCollection Type="Exe" EnforcementMode="${mode}"><FilePathRule Id="1" Name="a" /></RuleCollection></AppLockerPolicy>`
  const shell = (text: string): PowerShell => ({ run: async () => text })

  test.each<[string, string, Finding['state']]>([
    ['enforced', policy('Enabled'), 'pass'],
    ['audited', policy('AuditOnly'), 'fail'],
    ['not configured', policy('NotConfigured'), 'fail'],
    ['no rules', '<AppLockerPolicy Version="1" />', 'fail'],
    ['cut', policy('Enabled').slice(0, -10), 'unknown'],
    ['a mode not known', policy('Perhaps'), 'unknown'],
    ['a collection twice', policy('Enabled').replace('"Appx"', '"Exe"'), 'unknown'],
    ['a message in another language', 'Die Benennung "Get-AppLockerPolicy" wurde nicht erkannt.', 'unknown'],
  ])('%s', async (_, text, state) => {
    expect((await find('access.mandatory-access-control', RUNNING, { shell: shell(text) })).state).toBe(state)
  })

  test('PowerShell is not started while the service of AppLocker does not run', async () => {
    const refusing: PowerShell = { run: () => Promise.reject(new Error('started')) }
    const finding = await find('access.mandatory-access-control', changed(SOUND, AUDITED), { shell: refusing })
    expect(finding.state).toBe('fail')
  })
})

describe('a running OpenSSH server', () => {
  const RUNNING = changed(
    changed(SOUND, registry({ [`${SERVICES}\\sshd`]: { Start: 2 } })),
    services({ Name: 'sshd', State: 'Running' }),
  )
  const KEYS = 'PasswordAuthentication no\nKbdInteractiveAuthentication no\n'

  test.each<[string, Tree[string] | undefined, Finding['state']]>([
    ['keys alone', KEYS, 'pass'],
    ['as it comes', '#PasswordAuthentication yes\r\nMatch Group administrators\r\nAuthorizedKeysFile x\r\n', 'fail'],
    ['passwords by questions', KEYS.replace('KbdInteractiveAuthentication no', ''), 'fail'],
    ['a line of one Match alone', `Match User ann\n${KEYS}`, 'fail'],
    ['the first line wins', `PasswordAuthentication yes\n${KEYS}`, 'fail'],
    ['other files', `${KEYS}Include more.conf\n`, 'unknown'],
    ['a line not understood', `${KEYS}AllowUsers "ann\n`, 'unknown'],
    ['no settings', undefined, 'unknown'],
    ['settings that may not be read', { denied: true }, 'unknown'],
  ])('%s', async (_, config, state) => {
    const files = config === undefined ? {} : { 'C:/ProgramData/ssh/sshd_config': config }
    expect((await find('access.remote-login', RUNNING, { files })).state).toBe(state)
  })
})

test('every end of support falls on a Tuesday, and each build is once in each family', async () => {
  const { WINDOWS_SUPPORT } = await import('../../../src/posture/windows/os-support.ts')
  const ends = WINDOWS_SUPPORT.flatMap(({ build, ends }) =>
    Object.entries(ends).map(([family, day]) => ({ build, family, day })),
  )
  expect(ends.length).toBeGreaterThan(40)
  expect(ends.filter(({ day }) => new Date(day).getUTCDay() !== 2)).toEqual([
    // The annual channel of the server ended with its own month.
    { build: 25398, family: 'server', day: '2025-10-24' },
  ])
  expect(new Set(ends.map(({ build, family }) => `${build} ${family}`)).size).toBe(ends.length)
})
