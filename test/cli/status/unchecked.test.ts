import { CHECKS, type Check } from '../../../src/checks/checks.ts'
import { TRAY_FORMATS } from '../../../src/cli/tray/tray-formats.ts'
import type { Finding } from '../../../src/protocol/finding.ts'
import { LANGUAGES } from '../../../src/view/checks/check-catalogue.ts'
import { loginLine } from '../../../src/view/login-line.ts'
import { SAMPLE_TIME, sampleStatus } from '../../support/daemon/sample-status.ts'
import { daemonWith, result, run } from '../surety-runs.ts'

/** What a step of a failed check may ask for, and no text of a check that did not fail. */
const CHANGES_THE_DEVICE =
  /luksFormat|cryptsetup|crypttab|mkfs|reinstall|installieren Sie neu|Neuinstallation|erase|wipe|deletes|löscht|encrypted LVM|verschlüsseltem LVM|kernel command line|Kernel-?zeile|unified_cgroup|GRUB|firmware settings|Firmware-Einstellungen|recovery system|Wiederherstellungssystem|csrutil|sudo |userdel|net user|visudo|ms-settings|systemctl|BitLocker|FileVault/i

const SYSTEMS = [
  ['Debian GNU/Linux', 'linux'],
  ['Fedora Linux', 'linux'],
  ['Arch Linux', 'linux'],
  ['macOS', 'darwin'],
  ['Windows 11 Pro', 'windows'],
] as const
const COMMANDS = ['status', 'status --json', 'fix', 'fix --yes', 'fix --yes --json']
const TRAYS = TRAY_FORMATS.map((format) => `tray --format ${format}`)
const INVENTORY = {
  hostname: 'l',
  platform: 'linux' as const,
  arch: 'x64',
  osVersion: '13',
  kernel: '6.12',
}
const REASON = 'the answer was not understood'

const findingOf = (check: Check, state: Finding['state']): Finding =>
  state === 'fail' || state === 'pass' ? { check, state, detail: REASON } : { check, state, reason: REASON }

function statusOf(state: Finding['state'], changes: { readonly osName?: string; readonly advisory?: boolean } = {}) {
  const { osName = 'Debian GNU/Linux', advisory } = changes
  const inventory = { ...INVENTORY, osName }
  const reasons = CHECKS.map((check) => ({
    check,
    state: state === 'fail' ? ('fail' as const) : ('unknown' as const),
    reason: REASON,
    ...(advisory === undefined ? {} : { advisory }),
  }))
  return sampleStatus({
    ...result({ reasons: state === 'pass' || state === 'not-applicable' ? [] : reasons }),
    findings: CHECKS.map((check) => findingOf(check, state)),
    health: [],
    sightings: [],
    inventory,
  })
}

describe.each(LANGUAGES)('in %s', (language) => {
  describe.each(SYSTEMS)('on %s', (osName, platform) => {
    const printed = async (state: Finding['state'], argv: string, advisory?: boolean) => {
      const daemon = daemonWith(statusOf(state, { osName, ...(advisory === undefined ? {} : { advisory }) }))
      const { out } = await run(argv, daemon, {}, { platform, desktop: 'GNOME', locale: language })
      return out
    }

    test.each(['unknown', 'not-applicable', 'pass'] as const)(
      'no command gives a step that changes the device for a check that is %s',
      async (state) => {
        const explains = CHECKS.map((check) => `explain ${check}`)
        const strange: string[] = []
        for (const argv of [...COMMANDS, ...TRAYS, ...explains])
          for (const advisory of [undefined, true]) {
            const out = await printed(state, argv, advisory)
            strange.push(...(CHANGES_THE_DEVICE.exec(out) ?? []).map((words) => `${argv}: ${words}`))
          }
        expect(strange).toEqual([])
      },
    )

    test('a check that fails has such steps, so that the test above can fail', async () => {
      for (const argv of ['fix', 'tray', 'explain disk.root-encrypted'])
        expect(await printed('fail', argv)).toMatch(CHANGES_THE_DEVICE)
    })
  })
})

test('a check that the daemon has not made yet has no steps either', async () => {
  const daemon = daemonWith(sampleStatus({ findings: [], ...result({ reasons: [] }) }))
  for (const check of CHECKS) expect((await run(`explain ${check}`, daemon)).out).not.toMatch(CHANGES_THE_DEVICE)
})

test('fix runs nothing for a check that could not be made, also with --yes', async () => {
  const calls: string[] = []
  const fixOf = (check: Check) => ({
    changes: ['changes it'],
    obstacle: async () => void calls.push(`obstacle ${check}`),
    apply: async () => void calls.push(`apply ${check}`),
  })
  const fixes = Object.fromEntries(CHECKS.map((check) => [check, fixOf(check)]))
  for (const state of ['unknown', 'not-applicable', 'pass'] as const)
    for (const argv of ['fix', 'fix --yes', ...CHECKS.map((check) => `fix ${check} --yes`)])
      await run(argv, daemonWith(statusOf(state)), { fixes })
  expect(calls).toEqual([])
  const { results } = JSON.parse((await run('fix --yes --json', daemonWith(statusOf('unknown')), { fixes })).out)
  expect(new Set(results.map(({ outcome }: { outcome: string }) => outcome))).toEqual(new Set(['not-checked']))
  await run('fix --yes', daemonWith(statusOf('fail')), { fixes })
  expect(calls).toContain('apply disk.root-encrypted')
})

test.each([
  ['en', 'Surety could not check this. There is nothing for you to do', 'contact helpdesk@example.org'],
  ['de', 'Surety konnte das nicht prüfen. Sie müssen nichts tun', 'wenden Sie sich an helpdesk@example.org'],
])('in %s, a check that could not be made gives the reason, and whom to ask', async (lang, nothing, contact) => {
  const status = { ...statusOf('unknown'), support: { contact: 'helpdesk@example.org' } }
  for (const argv of ['explain disk.root-encrypted', 'fix', 'tray']) {
    const { out } = await run(`${argv} --lang ${lang}`, daemonWith(status))
    for (const part of [nothing, contact, REASON]) expect(out.replaceAll(/\n\s*/g, ' ')).toContain(part)
  }
})

test.each([
  ['this needs CAP_NET_ADMIN, which suretyd lacks', 'give suretyd the capability CAP_NET_ADMIN'],
  ['nft is not installed, so the rules in the kernel cannot be read.', 'install nft'],
  ['only root may read the firewall rules', 'run suretyd as root'],
  ['the list is 11 days old, so newer updates would not be seen', 'refresh the package lists (apt-get update'],
])('"%s" has a hint for administrators', async (reason, hint) => {
  const findings = [{ check: 'network.firewall', state: 'unknown' as const, reason }]
  const { out } = await run('explain network.firewall', daemonWith(sampleStatus({ findings })))
  expect(out).toContain(hint)
})

test.each([
  ['en', 'That does not mean that something is wrong.', /your administrators see it/],
  ['de', 'Das heißt nicht, dass etwas nicht stimmt.', /Ihre Verwaltung sieht es/],
])('in %s, no other person sees the checks of a device without a directory', async (lang, nothing, seen) => {
  for (const enrolment of ['pending', 'refused', 'retired', 'not-enrolled'] as const)
    for (const argv of ['explain disk.root-encrypted', 'fix']) {
      const daemon = daemonWith({ ...statusOf('unknown'), enrolment })
      const out = (await run(`${argv} --lang ${lang}`, daemon)).out.replaceAll(/\n\s*/g, ' ')
      expect(out).toContain(nothing)
      expect(out).not.toMatch(seen)
    }
})

test.each(['graceUntil', 'exemptUntil'])(
  'one that does not count yet (%s) is nothing to fix by a time',
  async (until) => {
    const reasons = [{ check: 'tpm.present' as const, state: 'unknown' as const, reason: REASON, [until]: SAMPLE_TIME }]
    const status = sampleStatus({
      ...result({ verdict: 'compliant', reasons }),
      findings: [findingOf('tpm.present', 'unknown')],
    })
    expect((await run('status', daemonWith(status))).out).toMatch(/^Verdict {7}COMPLIANT \(/)
    expect((await run('tray', daemonWith(status))).out).not.toMatch(/fix (it )?by/i)
  },
)

test('a check that the daemon has not made says when its steps are shown', async () => {
  const { out } = await run('explain disk.root-encrypted', daemonWith(sampleStatus({ findings: [] })))
  expect(out.replaceAll(/\n\s*/g, ' ')).toContain('not known. Steps are shown once the check has failed here.')
})

test('what could not be checked is not counted as something to fix', async () => {
  const status = statusOf('unknown')
  const { out } = await run('status', daemonWith(status))
  expect(out).toContain(`What to do    nothing: Surety could not make ${CHECKS.length} required checks`)
  expect(loginLine(status, SAMPLE_TIME)).toBeUndefined()
  const { title, state, notices } = JSON.parse((await run('tray --json', daemonWith(status))).out)
  expect([title, state]).toEqual([`Surety: ${CHECKS.length} could not be checked`, 'pending'])
  expect(notices.filter(({ id }: { id: string }) => id !== 'welcome')).toEqual([])
})

describe('stopping agents before a drill', () => {
  const drilled = (finding: Finding, advisory: boolean) => {
    const reason = { check: finding.check as Check, state: 'unknown' as const, reason: 'no drill has shown it yet' }
    return daemonWith(
      sampleStatus({
        findings: [finding],
        health: [],
        ...result({ verdict: 'compliant', reasons: [advisory ? { ...reason, advisory } : reason] }),
      }),
    )
  }
  const waiting = findingOf('enforcement.freeze', 'unknown')

  test.each(['status', 'fix', ...TRAYS])('"%s" does not show it as a problem', async (argv) => {
    const { out } = await run(argv, drilled(waiting, true))
    expect(out).not.toMatch(/enforcement\.freeze|Agents on this device can be stopped|advisory|Advice: /)
  })

  test('a policy that requires it shows it, with no step', async () => {
    for (const argv of ['status', 'fix', 'tray']) {
      const { out } = await run(argv, drilled(waiting, false))
      expect(out).toMatch(/could not check: Agents on this device can be stopped/i)
      expect(out).not.toMatch(CHANGES_THE_DEVICE)
    }
  })

  test('a failed drill shows it', async () => {
    const { out } = await run('fix', drilled(findingOf('enforcement.freeze', 'fail'), true))
    expect(out).toContain('Agents on this device cannot be stopped (enforcement.freeze)')
    expect(out).toContain('1. Ask an administrator of the directory for a new drill.')
    expect(out).not.toMatch(CHANGES_THE_DEVICE)
  })
})
