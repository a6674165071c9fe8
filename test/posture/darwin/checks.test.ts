import { DARWIN_CHECKS } from '../../../src/posture/darwin/checks.ts'
import { collectPosture, quickChecks } from '../../../src/posture/posture.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { mac } from './mac.ts'

const init = { checkTimeoutMs: 1_000 }
const options = { signal: new AbortController().signal }

test('on a Mac that answers nothing, no check passes by silence', async () => {
  const silent = mac(
    {},
    Object.fromEntries(
      ['csrutil', 'diskutil', 'dscl', 'fdesetup', 'launchctl', 'mdmclient', 'profiles', 'socketfilterfw'].map(
        (name) => [name, {}],
      ),
    ),
    { clock: new FakeClock() },
  )
  const findings = await collectPosture(DARWIN_CHECKS, silent, init, options)
  const passed = findings.filter(({ state }) => state === 'pass').map(({ check }) => check)
  // Files that are absent mean what Apple delivers.
  expect(passed.sort()).toEqual(['access.automatic-login', 'access.elevation', 'access.guest-account', 'network.smb1'])
})

test('on a Mac whose programs are missing, each check says what is missing', async () => {
  const findings = await collectPosture(DARWIN_CHECKS, mac(), init, options)
  const reasons = findings.flatMap((finding) => ('reason' in finding ? [finding.reason] : []))
  expect(reasons.filter((reason) => reason.includes('COMMAND_ABSENT')).length).toBeGreaterThan(10)
})

test('quick checks start no program', async () => {
  const commands = {
    run() {
      throw new TypeError('a program was started')
    },
  }
  const init2 = { ...init, only: quickChecks(DARWIN_CHECKS) }
  const findings = await collectPosture(DARWIN_CHECKS, mac({}, {}, { commands }), init2, options)
  expect(findings.filter((finding) => 'reason' in finding && finding.reason.includes('unexpected'))).toEqual([])
})
