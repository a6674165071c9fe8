import { CHECKS } from '../../../src/checks/checks.ts'
import type { Finding } from '../../../src/protocol/finding.ts'
import type { Status } from '../../../src/protocol/messages/control.ts'
import { findingIn } from '../../../src/view/checks/findings-german.ts'
import { HEALTH_TEXTS } from '../../../src/view/health-texts.ts'
import { loginLine } from '../../../src/view/login-line.ts'
import { sayIn } from '../../../src/view/phrases.ts'
import { tamperWords } from '../../../src/view/tamper-words.ts'
import { SAMPLE_TIME, sampleStatus, sampleStops } from '../../support/daemon/sample-status.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'
import { daemonWith, result, run } from '../surety-runs.ts'

/** A German session reads German. Words of English sentences that are no German ones, and no names either. */
const ENGLISH =
  /\b(?:the|and|is|are|not|with|without|your|this|that|of|has|have|does|can|run|only|needs?|stopped|running|required|checks?|ago|none|unknown)\b/i
/** What stays: commands to type, paths, codes, ids of checks, and options of agents. */
const NAMES =
  /surety(?:-directory)? [a-z-]+(?: [a-z]+[.-][a-z-]+)?(?: --[a-z]+)*|sudo [^)]*|--[a-z-]+|\b[a-z]+\.[a-z-]+\b|(?:\/[\w.-]+)+|https?:\S+|wss:\S+|\b[A-Z]+_[A-Z_]+\b/g

function englishLines(out: string): readonly string[] {
  return out.split('\n').filter((line) => ENGLISH.test(line.replaceAll(NAMES, '')))
}

const DETAILS: Readonly<Record<string, string>> = {
  'disk.root-encrypted': 'The root file system (ext4, on vda and vdb) is not encrypted. Encryption cannot be seen.',
  'disk.fixed-encrypted': '2 of 3 volumes not encrypted: /home, swap and 1 more. Encryption cannot be seen.',
  'network.firewall': 'No firewall: no rule filters incoming connections.',
  'os.security-updates': '2 packages with security updates waiting: openssl and sudo (package list of 2026-11-24).',
}
const FAILED = CHECKS.map((check): Finding => {
  return { check, state: 'fail', detail: DETAILS[check] ?? 'The last drill found no agent to freeze.' }
})
const UNCHECKED = CHECKS.map((check): Finding => {
  const reason = 'suretyd runs as root, but may not read the firewall rules: it lacks CAP_NET_ADMIN, as in a container'
  return { check, state: 'unknown', reason }
})

const codes = Object.keys(HEALTH_TEXTS).filter((code) => code !== 'DIRECTORY_REFUSES')
const warnings = codes.map((code) => ({ code, remedy: 'call the helpdesk, and the like', since: SAMPLE_TIME }))
const signs = ['stopped', 'paused', 'starved', 'clock-moved', 'program-changed', 'service-changed', 'settings-changed']
const tamperSigns = [...signs, 'record-lost', 'removed'].map((kind) => {
  return { kind, time: SAMPLE_TIME, durationMs: 120_000, names: ['a', 'b'], nameCount: 4, by: '0', reason: 'weg' }
}) as unknown as NonNullable<Status['tamperSigns']>

const agent = agentSighting('a', {
  frozenBy: [{ stop: 'local', by: 'alice', reason: '', since: 0 }],
  autonomy: { level: 'autonomous', because: [] },
} as object)

function broken(findings: readonly Finding[], changes: Partial<Status> = {}): Status {
  const reasons = findings.map((finding) => ({
    check: finding.check,
    since: SAMPLE_TIME - 3_600_000,
    graceUntil: SAMPLE_TIME + 3_600_000,
    state: finding.state === 'fail' ? ('fail' as const) : ('unknown' as const),
    reason: 'detail' in finding ? finding.detail : finding.reason,
  }))
  return sampleStatus({
    ...result({ reasons: reasons as NonNullable<Status['result']>['reasons'] }),
    findings: [...findings],
    health: warnings,
    tamperSigns,
    limitedToCaller: true,
    sightings: [agent, ...sampleStatus().sightings],
    leftOut: { sightings: 2, sources: 3 },
    sources: [{ source: 'homes', path: '/home/b', state: 'timed-out', items: 0, durationMs: 1 }],
    stops: sampleStops({ reason: 'Wartung' }),
    directory: { url: 'wss://directory.example:8443', connected: false, lastAcknowledgedAt: SAMPLE_TIME - 7_200_000 },
    ...changes,
  })
}

const COMMANDS = [
  ...['status', 'fix', 'fix --yes', 'check', 'check --wait', 'tray', 'freeze --all', 'release', 'privacy'],
  ...CHECKS.map((check) => `explain ${check}`),
]
const STATES: readonly (readonly [string, Status])[] = [
  ['fails everything', broken(FAILED)],
  ['could check nothing', broken(UNCHECKED, { stops: sampleStops({ stop: 'local', releasable: true, reason: '' }) })],
  ...(['pending', 'refused', 'retired', 'not-enrolled'] as const).map(
    (enrolment) => [`is ${enrolment}`, broken(FAILED, { enrolment })] as const,
  ),
]

describe.each(STATES)('a German session on a device that %s', (_, status) => {
  test.each(['linux', 'darwin', 'windows'] as const)('reads no English on %s', async (platform) => {
    const { inventory: _, ...elsewhere } = status
    const found: string[] = []
    for (const argv of COMMANDS) {
      const daemon = daemonWith(platform === 'linux' ? status : elsewhere)
      const { out } = await run(argv, daemon, {}, { locale: 'de_DE.UTF-8', platform })
      found.push(...englishLines(out).map((line) => `${argv}: ${line}`))
    }
    expect(found).toEqual([])
  })

  test('gets a German line at the log-in', () => {
    const line = loginLine(status, SAMPLE_TIME, 'de') ?? ''
    expect([englishLines(line), line === loginLine(status, SAMPLE_TIME)]).toEqual([[], line === ''])
  })
})

test('an English session would fail here, so that the tests above can', async () => {
  const { out } = await run('status', daemonWith(broken(FAILED)))
  expect(englishLines(out).length).toBeGreaterThan(20)
})

test.each([
  ['The support of Debian 10 ended on 2024-06-30: holes found since then stay open.', 'endete am 2024-06-30. '],
  ['The support of Fedora 39 ended on 2024-11-26 (as the system itself says). Move.', 'endete am 2024-11-26. '],
  ['the security package list is 11 days old (of 2026-11-23), so newer updates would not be seen', 'vom 2026-11-23'],
  ['apt-get could not work out the upgrade (exit 100): its packages may be broken', 'Ende 100'],
  ['AppArmor is on, but suretyd runs as root, but may not read which profiles it enforces', 'nicht lesbar.'],
  ['only root may read the firewall rules', 'Nur root darf die Firewall-Regeln lesen.'],
  [
    'The screen does not lock as it should for ada (GNOME: locks only after 30 minutes).',
    'sperrt erst nach 30 Minuten',
  ],
  ['the root file system: dm-0: device-mapper type not known ("x")', 'dm-0: unbekannter Typ des Device-Mappers'],
  [
    '/home: encryption is left to the drive itself (OPAL), which cannot be checked from here, /srv: no device below it and 2 more',
    '/srv: kein Gerät darunter und 2 weitere',
  ],
  ['/srv: zfs did not say whether tank/srv is encrypted', '/srv: zfs sagt nicht, ob tank/srv verschlüsselt ist'],
  ['/srv: /dev/sdb, the device of this btrfs, was not found', '/srv: /dev/sdb, das Gerät dieses btrfs,'],
  ['/swap: /swap lies on tmpfs, which this check does not follow', '/swap liegt auf tmpfs, was nicht zu prüfen ist'],
])('the finding "%s" is whole in German', (english, german) => {
  const shown = findingIn('de', english)
  expect(shown).toContain(german)
  expect([englishLines(shown), shown.includes('Meldung auf Englisch')]).toEqual([[], false])
})

test.each([
  ['stopped', 'suretyd lief nicht (Dauer: 3 Tage): die Ursache ist nicht bekannt'],
  ['clock-moved', 'die Uhr wurde gestellt: sie geht 3 Tage vor'],
] as const)('a tamper sign of days is right in German: %s', (kind, german) => {
  const days = 3 * 86_400_000
  const sign = { kind, time: SAMPLE_TIME, durationMs: days, offByMs: days } as Parameters<typeof tamperWords>[0]
  expect(tamperWords(sign, sayIn('de'))).toBe(german)
})

test('reports in German that the directory has never heard of a device', async () => {
  const directory = { url: 'wss://directory.example:8443', connected: false }
  const { out } = await run('status --lang de', daemonWith(sampleStatus({ directory })))
  expect(out).toContain('NICHT VERBUNDEN, noch nie bestätigt')
})

test('a stop of agents by their program, and an agent that ended, are whole in German', async () => {
  const match = { select: 'match' as const, executables: ['/opt/x'] }
  const ended = agentSighting('b', { ended: true } as object)
  const status = sampleStatus({ stops: sampleStops({ selector: match }), sightings: [ended] })
  const { out } = await run('status --lang de', daemonWith(status))
  expect(out).toContain('Ein KI-Agent mit dem Programm /opt/x darf nicht laufen.')
  expect(out).toContain('BEENDET, Gestartetes läuft noch')
})

test('a finding without a German text is marked as English', async () => {
  const findings = [{ check: 'network.firewall', state: 'fail' as const, detail: 'Something new.' }]
  const { out } = await run('explain network.firewall --lang de', daemonWith(sampleStatus({ findings })))
  expect(out).toContain('Meldung auf Englisch: Something new.')
})
