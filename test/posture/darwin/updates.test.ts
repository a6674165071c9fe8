import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkOsSupported } from '../../../src/posture/darwin/os-supported.ts'
import { checkAutomaticUpdates, checkRebootPending, checkSecurityUpdates } from '../../../src/posture/darwin/updates.ts'
import { parseSoftwareUpdates } from '../../../src/posture/parsers/os/software-updates.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { context } from '../fake-components.ts'
import { fixture, mac, plist } from './mac.ts'

const OFFERED = fixture('softwareupdate-12.7.txt')
const NONE = fixture('softwareupdate-none.txt')
const SETTINGS = '/Library/Preferences/com.apple.SoftwareUpdate.plist'
const VERSION = '/System/Library/CoreServices/SystemVersion.plist'
const clock = new FakeClock()
const DAY = 24 * 60 * 60 * 1000
const looked = (days: number) => ({ [SETTINGS]: plist({ LastSuccessfulDate: new Date(clock.now() - days * DAY) }) })
const release = (version: string) => ({ [VERSION]: plist({ ProductName: 'macOS', ProductVersion: version }) })

test('what Apple offers is read, with lines of other programs between', () => {
  expect(parseSoftwareUpdates(OFFERED)).toEqual([
    { title: 'Safari', version: '17.6', recommended: true, restarts: false },
    { title: 'macOS Monterey 12.7.6', version: '12.7.6', recommended: true, restarts: true },
    { title: 'macOS Sonoma 14.6.1', version: '14.6.1', recommended: true, restarts: true },
  ])
  expect(parseSoftwareUpdates(NONE)).toEqual([])
})

test.each<[string, Parameters<typeof mac>[0], string, string]>([
  ['updates for this release', { ...release('12.7.5'), ...looked(1) }, OFFERED, 'fail'],
  [
    'an upgrade alone',
    { ...release('12.7.6'), ...looked(1) },
    OFFERED.replace(/^.*(?:Safari|Monterey).*\n/gm, ''),
    'pass',
  ],
  ['tools for developers alone', { ...release('15.1'), ...looked(0) }, tools(), 'pass'],
  ['nothing', { ...release('15.1'), ...looked(3) }, NONE, 'pass'],
  ['nothing for weeks', { ...release('15.1'), ...looked(30) }, NONE, 'unknown'],
  ['nothing, and no word on when', release('15.1'), NONE, 'unknown'],
  ['an answer that is cut', looked(1), OFFERED.slice(0, OFFERED.indexOf('12.7.6, Version')), 'unknown'],
  ['an error', looked(1), 'The operation couldn’t be completed.', 'unknown'],
  ['another language', looked(1), 'Es ist keine neue Software verfügbar.', 'unknown'],
])('with %s offered', async (_, tree, stdout, state) => {
  expect(await checkSecurityUpdates(mac(tree, { softwareupdate: { stdout } }, { clock }), context)).toMatchObject({
    state,
  })
})

function tools(): string {
  const head = 'Software Update found the following new or updated software:\n'
  const facts = 'Title: Command Line Tools for Xcode, Version: 16.0, Size: 751M, Recommended: YES, '
  return `${head}* Label: Command Line Tools for Xcode-16.0\n\t${facts}\n`
}

test('older releases say on standard error that there is nothing', async () => {
  const commands = { softwareupdate: { stdout: 'Software Update Tool\n', stderr: 'No new software available.\n' } }
  expect(
    await checkSecurityUpdates(mac({ ...release('11.7'), ...looked(1) }, commands, { clock }), context),
  ).toMatchObject({
    state: 'pass',
  })
})

test.each<[string, string, string]>([
  ['an update that restarts', OFFERED, 'fail'],
  ['an update that does not', OFFERED.replace(/^.*Monterey 12.*\n/gm, ''), 'pass'],
  ['nothing', NONE, 'pass'],
  ['no answer', '', 'unknown'],
])('with %s offered, a restart is due or not', async (_, stdout, state) => {
  const components = mac(release('12.7.5'), { softwareupdate: { stdout } })
  expect(await checkRebootPending(components, context)).toMatchObject({ state })
})

const ALL = {
  AutomaticCheckEnabled: true,
  AutomaticDownload: true,
  AutomaticallyInstallMacOSUpdates: true,
  CriticalUpdateInstall: true,
  ConfigDataInstall: true,
}
const MANAGED = '/Library/Managed Preferences/com.apple.SoftwareUpdate.plist'

test.each<[string, Parameters<typeof mac>[0], string]>([
  ['all on', { [SETTINGS]: plist(ALL) }, 'pass'],
  ['all on by management', { [SETTINGS]: plist({ AutomaticDownload: false }), [MANAGED]: plist(ALL) }, 'pass'],
  ['one off', { [SETTINGS]: plist({ ...ALL, CriticalUpdateInstall: false }) }, 'fail'],
  ['one off by management', { [SETTINGS]: plist(ALL), [MANAGED]: plist({ ConfigDataInstall: false }) }, 'fail'],
  ['none set', {}, 'unknown'],
])('with %s updates are %s', async (_, tree, state) => {
  expect(await checkAutomaticUpdates(mac(tree))).toMatchObject({ state })
})

test('the settings of a real Mac are read: three of them were off', async () => {
  const bytes = readFileSync(join(import.meta.dirname, '../../fixtures/darwin/software-update-10.15.7.bplist'))
  expect(await checkAutomaticUpdates(mac({ [SETTINGS]: bytes }))).toEqual({
    state: 'fail',
    detail:
      'Automatic updates are off: updates of macOS are not installed, security responses are not installed and rules of XProtect are not brought up to date.',
  })
})

const at = (day: string) => Object.assign(new FakeClock(), { now: () => Date.parse(day) })

test.each([
  ['26.5.2', '2026-11-29', 'pass'],
  ['15.7.4', '2026-11-29', 'pass'],
  ['14.8.4', '2026-11-29', 'unknown'],
  ['14.8.4', '2026-06-01', 'pass'],
  ['13.7.8', '2026-11-29', 'fail'],
  ['10.15.7', '2026-11-29', 'fail'],
  ['27.0', '2026-11-29', 'unknown'],
  ['nonsense', '2026-11-29', 'unknown'],
])('macOS %s on %s is %s', async (version, day, state) => {
  expect(await checkOsSupported(mac(release(version), {}, { clock: at(day) }))).toMatchObject({ state })
})

test('a Mac that does not name its version is unknown, and one that is read names it', async () => {
  expect(await checkOsSupported(mac({ [VERSION]: plist({}) }))).toMatchObject({ state: 'unknown' })
  const real = mac({ [VERSION]: fixture('SystemVersion-26.5.2.plist') }, {}, { clock: at('2026-11-29') })
  expect(await checkOsSupported(real)).toMatchObject({ state: 'pass', detail: expect.stringContaining('macOS 26') })
})
