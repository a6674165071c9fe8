import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../../../src/protocol/finding.ts'
import { BY_REGISTRY, SOUND_REGISTRY, UNSOUND_REGISTRY } from '../../support/windows/posture-registry.ts'
import { answerFile, standIn } from '../../support/windows/stand-in.ts'
import { onWindows, type Windows } from '../../support/windows/windows.ts'

/**
 * All checks through the real addon on the project's own Node for Windows. Wine stands in for Windows. It has no BitLocker, no UEFI,
 * no Defender and no list of accounts, and its Windows Update does nothing: that these answers are `unknown` is seen here, what
 * they are otherwise only in `checks.test.ts`. PowerShell is a program of ours.
 */

const PROBE = join(import.meta.dirname, 'posture-probe.ts')
/** Of what Wine has nothing, or only a stub that succeeds with an empty answer. */
const NOT_IN_WINE = [
  ...['disk.root-encrypted', 'disk.fixed-encrypted', 'os.security-updates', 'os.memory-integrity'],
  ...['protection.antivirus', 'access.administrators', 'access.guest-account', 'access.credential-guard'],
]

interface Answers {
  readonly findings: readonly Finding[]
  readonly answers: Readonly<Record<string, unknown>>
  readonly inventory: Readonly<Record<string, unknown>>
}

async function run(windows: Windows, args: readonly string[] = []) {
  const { status, stdout, stderr } = await windows.run(PROBE, args)
  if (status !== 0) throw new Error(`the probe ended with ${status}: ${stderr}`)
  const seen = JSON.parse(stdout)
  expect(seen.failed).toBeUndefined()
  return seen
}

const statesOf = ({ findings }: Answers, checks: readonly string[]) =>
  findings.filter(({ check }) => checks.includes(check)).map(({ check, state }) => `${check} ${state}`)
const all = (checks: readonly string[], state: string) => checks.map((check) => `${check} ${state}`)

onWindows('posture of Windows follows its registry, and what Windows omits is unknown', async (windows) => {
  await windows.writeRegistry(SOUND_REGISTRY)
  const sound: Answers = await run(windows)
  expect(statesOf(sound, BY_REGISTRY)).toEqual(all(BY_REGISTRY, 'pass'))
  expect(statesOf(sound, NOT_IN_WINE)).toEqual(all(NOT_IN_WINE, 'unknown'))
  // The profiles are on, but there is no service that filters.
  expect(statesOf(sound, ['network.firewall', 'tpm.present', 'boot.setup-mode'])).toEqual([
    ...['boot.setup-mode fail', 'tpm.present fail', 'network.firewall unknown'],
  ])
  expect(JSON.stringify(sound.findings)).not.toContain('unexpected error')
  expectQuestionsAnswered(sound)
  expect(sound.inventory).toMatchObject({
    platform: 'windows',
    osName: 'Microsoft Windows 10 Pro',
    osVersion: '25H2 (10.0.26200.7171)',
    manufacturer: 'The Wine Project',
    model: 'Wine',
    virtual: false,
    machineId: expect.stringMatching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    memoryBytes: expect.any(Number),
  })

  await windows.writeRegistry(UNSOUND_REGISTRY)
  expect(statesOf(await run(windows), [...BY_REGISTRY, 'network.firewall'])).toEqual(
    all(
      BY_REGISTRY.flatMap((check) => (check === 'network.smb1' ? ['network.firewall', check] : [check])),
      'fail',
    ),
  )
  await expectPowerShellUnderstood(windows)
})

/** Single questions, with values of every odd form. */
function expectQuestionsAnswered({ answers }: Answers): void {
  expect(answers).toMatchObject({
    build: '26200',
    noKey: null,
    noValue: null,
    noKeys: null,
    words: 'Größe “1” 😀',
    unended: 'AB',
    many: 70_000,
    odd: 'INPUT_MALFORMED',
    short: 'INPUT_MALFORMED',
    large: 'INPUT_MALFORMED',
    noNamespace: null,
    noClass: [],
    notWql: 'COMMAND_FAILED',
    noMethod: 'COMMAND_ABSENT',
    noInstance: 'COMMAND_FAILED',
    secureBoot: 'no-uefi',
    tpm: 'none',
    updates: 'COMMAND_FAILED',
    accounts: 'COMMAND_FAILED',
    administrators: [],
    noPowerShell: 'COMMAND_ABSENT',
    nonsense: 'TypeError: expected a root, a key and a name',
    nul: 'TypeError: expected a root, a key and a name',
    noCallback: 'TypeError: expected a callback',
    service: [expect.objectContaining({ Name: 'RpcSs', State: expect.any(String), AcceptStop: expect.any(Boolean) })],
    system: [expect.objectContaining({ Caption: 'Microsoft Windows 10 Pro', OSLanguage: 1033, Primary: true })],
    method: { ReturnValue: 0, User: expect.any(String), Domain: expect.any(String) },
  })
}

const END = 'surety: end of output'
const POLICY = '<AppLockerPolicy Version="1"><!-- Größe --></AppLockerPolicy>'

const ENDED = `${POLICY}\r\n${END}\r\n`

/** Each answer of the program in the place of PowerShell, and what is made of it. */
const POWERSHELL: readonly (readonly [ReturnType<typeof answerFile>, string])[] = [
  [answerFile(ENDED), POLICY],
  [answerFile(''), 'COMMAND_FAILED'],
  [answerFile(`${END}\r\n`), 'COMMAND_FAILED'],
  [answerFile(`${POLICY}\r\n`), 'COMMAND_FAILED'],
  [answerFile(ENDED, { exitCode: 1 }), 'COMMAND_FAILED'],
  [answerFile(Buffer.from(ENDED, 'utf16le')), 'COMMAND_FAILED'],
  [answerFile(Buffer.from(ENDED, 'latin1')), 'COMMAND_FAILED'],
  [answerFile(Buffer.alloc(900 * 1024, 'x')), 'COMMAND_FAILED'],
  [answerFile(ENDED, { waitMs: 120_000 }), 'COMMAND_TIMED_OUT'],
]

async function expectPowerShellUnderstood(windows: Windows): Promise<void> {
  const shell = standIn(windows, 'windows/system32/WindowsPowerShell/v1.0/powershell.exe')
  const file = join(windows.driveC, 'answers.json')
  writeFileSync(file, JSON.stringify(POWERSHELL.map(([answer]) => answer.toString('base64'))))
  const { policies, left } = await run(windows, ['C:\\answers.json'])
  expect(policies).toEqual(POWERSHELL.map(([, seen]) => seen))
  expect(shell.asked()).toContain('-NoProfile -NonInteractive')
  expect(shell.asked()).toContain('Get-AppLockerPolicy -Effective -Xml')
  // The one that hung was ended.
  expect(left).toEqual([])
}
