import { CHECKS } from '../../../src/checks/checks.ts'
import type { Finding } from '../../../src/protocol/finding.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type DebianMachine, debianMachine, debianMachineLacks, NODE, SURETY, SURETYD } from './debian-machine.ts'

/**
 * `surety fix` on a new Debian. Disks, firmware and TPM are those of the host, because kernel and /sys are: what the test
 * asserts of them holds on any host.
 */

const lacks = debianMachineLacks()
if (lacks !== undefined) process.stderr.write(`skipped: a new Debian: ${lacks}\n`)

const passed = (findings: readonly Finding[]) =>
  findings.flatMap(({ check, state }) => (state === 'pass' ? [check] : []))

interface FixResult {
  readonly check: string
  readonly outcome: string
  readonly notes: readonly string[]
}

const surety = (machine: DebianMachine, ...args: readonly string[]) => machine.run(NODE, SURETY, ...args)
async function document(machine: DebianMachine, ...args: readonly string[]) {
  const { stdout, stderr } = await surety(machine, ...args, '--json')
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

;(lacks === undefined ? test : test.skip)(
  'surety fix --yes makes more checks pass on Debian, and names what needs a person',
  async () => {
    await using machine = await debianMachine()
    const unit = ['--unit=suretyd', '--quiet', NODE, SURETYD, 'run', '--keys', 'software']
    expect(await machine.run('systemd-run', ...unit)).toMatchObject({ exitCode: 0 })
    let before: readonly Finding[] = []
    await waitFor(
      'the findings of all checks',
      async () => {
        const { stdout } = await surety(machine, 'status', '--json')
        before = stdout === '' ? [] : JSON.parse(stdout).findings
        return before.length === CHECKS.length
      },
      {
        everyMs: 1_000,
        withinMs: scaledMs(120_000),
        show: async () => (await machine.run('journalctl', '-u', 'suretyd', '--no-pager')).stdout,
      },
    )
    expect(passed(before)).not.toContain('os.automatic-updates')

    // Without consent nothing is changed.
    const asked: readonly FixResult[] = (await document(machine, 'fix')).results
    const offered = asked.filter(({ outcome }) => outcome === 'needs-consent')
    expect(offered.map(({ check }) => check)).toEqual(['os.automatic-updates'])
    expect(await machine.run('test', '-e', '/usr/bin/unattended-upgrade')).toMatchObject({ exitCode: 1 })

    const fixed: readonly FixResult[] = (await document(machine, 'fix', '--yes')).results
    // Each check that does not pass is named, with what was done or why a person is needed. A drill that was not run yet is
    // nothing to fix.
    const isToFix = ({ check, state }: Finding) =>
      state === 'fail' || (state === 'unknown' && check !== 'enforcement.freeze')
    expect(fixed.map(({ check }) => check).sort()).toEqual(
      before
        .filter(isToFix)
        .map(({ check }) => check)
        .sort(),
    )
    expect(fixed.map(({ check, outcome }) => [check, outcome])).toEqual(
      asked.map(({ check, outcome }) => [check, outcome === 'needs-consent' ? 'fixed' : outcome]),
    )
    // The kernel of the host answers some questions to no guest.
    expect(new Set(fixed.map(({ outcome }) => outcome))).toEqual(new Set(['fixed', 'needs-human', 'not-checked']))
    for (const { outcome, notes } of fixed)
      expect(notes.join(' ')).toMatch(outcome === 'not-checked' ? /^$/ : /^\S.{10,}$/)

    const after: readonly Finding[] = (await document(machine, 'check')).findings
    expect(passed(after)).toEqual(expect.arrayContaining(passed(before)))
    expect(passed(after)).toContain('os.automatic-updates')
    expect(passed(after).length).toBeGreaterThan(passed(before).length)

    // It can be undone, as the file says.
    const [, file = ''] = /writes (\S+),/.exec(offered[0]?.notes.join(' ') ?? '') ?? []
    expect((await machine.run('cat', file)).stdout).toContain('Remove this file to undo it.')
    const words = (await surety(machine, 'fix')).stdout
    expect(words).toContain('Needs you, because: ')
    expect(words).not.toContain('os.automatic-updates')
  },
  scaledMs(300_000),
)
