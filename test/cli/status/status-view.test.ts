import fc from 'fast-check'
import { statusLines } from '../../../src/cli/status/status-view.ts'
import type { Status } from '../../../src/protocol/messages/control.ts'
import { widthOf } from '../../../src/view/terminal.ts'
import { anyText } from '../../support/any-text.ts'
import { SAMPLE_TIME, sampleStatus } from '../../support/daemon/sample-status.ts'
import { mcpServerSighting } from '../../support/protocol/sample-sightings.ts'
import { PLAIN, result } from '../surety-runs.ts'

test('shows a device with something in each section', () => {
  expect(statusLines(sampleStatus(), { columns: 100, colour: false }, SAMPLE_TIME)).toEqual([
    'Verdict       NOT COMPLIANT: 1 required check not met; 1 advisory one does not count (appraised 5',
    '              min ago)',
    'What to do    run "surety fix" for the steps, then "surety check --wait"',
    '',
    'Action needed',
    '  ADDON_UNAVAILABLE  build the native addon: npm run build:native',
    '',
    'Required, not met (1)',
    '  fail     The system disk is not encrypted (disk.root-encrypted, for 2 d)',
    '           the root file system is on /dev/nvme0n1p2 (ext4), which no layer between it and the disk',
    '           encrypts',
    '',
    'Advisory, not met (1)',
    '  could not check: The screen locks automatically (session.screen-lock)',
    '                   no desktop session of GNOME or KDE was found',
    '',
    'Passed: 1 of 3. For one check: surety explain CHECK',
    '',
    'Agents (1 running, 0 installed)',
    '  AGENT              STATE    USER   PROCESS   AUTONOMY',
    '    WHERE',
    '  Claude Code 2.1.0  running  alice  pid 4242  not known',
    '    /home/alice/.local/share/claude/versions/2.1.0  (--dangerously-skip-permissions)',
    '',
    'Extensions (1, 1 of them AI)',
    '  AI  EXTENSION                       IN                USER   STATE    FROM',
    '    MAY',
    '  AI  Helpful\\x1b[31m\\nExtension 1.2  chromium/Default  alice  enabled  store',
    '    read every site  (manifest)',
    '',
    'MCP servers   0 (surety mcp)',
    'Agent files   0 (surety files)',
    '',
    'Risks (1)',
    '  - Helpful\\x1b[31m\\nExtension 1.2 can read every site you open: limit it to the sites that need it,',
    '    or remove it.',
    '',
    'Sources (1 of 2 could not be read)',
    '  unreadable  /home/bob/.mozilla/firefox: is a link',
  ])
})

test('folds passes and checks that do not apply into one line', () => {
  const { findings } = sampleStatus()
  const other = { check: 'boot.setup-mode', state: 'not-applicable' as const, reason: 'there is no such thing' }
  const lines = statusLines(sampleStatus({ findings: [...findings, other] }), PLAIN, SAMPLE_TIME)
  expect(lines).toContain('Passed: 1 of 4; 1 not applicable. For one check: surety explain CHECK')
  expect(lines.join('\n')).not.toMatch(/boot\.secure-boot|boot\.setup-mode/)
})

test('does not count a finding that is newer than the verdict as required', () => {
  const findings = [{ check: 'network.firewall', state: 'fail' as const, detail: 'no firewall' }]
  const lines = statusLines(sampleStatus({ ...result({ reasons: [] }), findings }), PLAIN, SAMPLE_TIME)
  expect(lines).toContain('Not in the verdict (1)')
  expect(lines.join('\n')).not.toContain('Required, not met')
})

test('says until when a failure does not count, by the local clock', () => {
  const until = new Date(2026, 11, 1, 7, 8).getTime()
  const reasons = [{ check: 'disk.root-encrypted' as const, state: 'fail' as const, reason: 'x', graceUntil: until }]
  expect(statusLines(sampleStatus(result({ reasons })), PLAIN, SAMPLE_TIME).join('\n')).toContain(
    '(disk.root-encrypted, does not count until 2026-12-01 07:08)',
  )
})

test('asks for no more steps once all is fixed', () => {
  const findings = [{ check: 'disk.root-encrypted' as const, state: 'pass' as const, detail: 'encrypted' }]
  const next = (connected: boolean) =>
    statusLines(sampleStatus({ findings, directory: { connected } }), PLAIN, SAMPLE_TIME)[1]
  expect(next(true)).toBe('What to do    all is fixed: wait a minute, then run "surety check --wait"')
  expect(next(false)).toBe('What to do    all is fixed: connect this device to the network of its directory')
})

test('says that a required check that could not be made counts as not met', () => {
  const reasons = [{ check: 'session.screen-lock' as const, state: 'unknown' as const, reason: 'no desktop' }]
  const [verdict] = statusLines(sampleStatus(result({ reasons })), PLAIN, SAMPLE_TIME)
  expect(verdict).toContain('1 required check not met (1 could not be checked, which counts as not met)')
})

test('shows the owner and the support below the verdict, without control characters', () => {
  const support = { owner: 'bob@example.com', contact: 'help\u001b[31m@example.com', url: 'https://help.example.com/' }
  expect(statusLines(sampleStatus({ support }), PLAIN, SAMPLE_TIME).slice(2, 5)).toEqual([
    'Owner         bob@example.com',
    'Support       help\\x1b[31m@example.com',
    'Help          https://help.example.com/',
  ])
})

test('says in German what is wrong', () => {
  const lines = statusLines(sampleStatus(), PLAIN, SAMPLE_TIME, { language: 'de' })
  expect(lines.join('\n')).toContain('Die Systemplatte ist nicht verschlüsselt (disk.root-encrypted, seit 2 Tagen)')
})

test('without a verdict no check is called left out of it', () => {
  const { result: _, ...none } = sampleStatus()
  const lines = statusLines(none, PLAIN, SAMPLE_TIME)
  expect(lines).toContain('Not met (2)')
  expect(lines.join('\n')).not.toContain('Not in the verdict')
})

test('prints what a person must act on before what only administrators can', () => {
  const warning = (code: string) => ({ code, remedy: `remedy of ${code}`, since: 0 })
  const shown = (enrolment: Status['enrolment'], ...codes: readonly string[]) =>
    statusLines(sampleStatus({ enrolment, health: codes.map(warning) }), PLAIN, SAMPLE_TIME).join('\n')
  expect(shown('enrolled', 'CATALOGUE_REFUSED', 'CLOCK_OFF')).toMatch(
    /\nAction needed\n {2}CLOCK_OFF .*\n\nFor your administrators\n {2}CATALOGUE_REFUSED /,
  )
  expect(shown('pending', 'ENROLMENT_PENDING')).not.toMatch(/Action needed|For your administrators/)
})

test('a device that enrols without a person asks for a network, and no administrator', () => {
  const directory = { connected: false, lastError: { code: 'DIRECTORY_UNREACHABLE', message: 'nothing answers' } }
  const [verdict, next, enrolment] = statusLines(
    sampleStatus({ enrolment: 'not-enrolled', health: [], directory }),
    PLAIN,
    SAMPLE_TIME,
  )
  expect([verdict, next, enrolment]).toEqual([
    'Verdict       NONE: this device is not enrolled',
    'What to do    connect this device to the network of its directory: it retries automatically',
    'Enrolment     NOT ENROLLED YET: the directory has not answered',
  ])
})

test('shows identity and evidence only with the proof', () => {
  const hidden = /dev_A|41 of 42|Proven/
  expect(statusLines(sampleStatus(), PLAIN, SAMPLE_TIME).join('\n')).not.toMatch(hidden)
  const lines = statusLines(sampleStatus(), PLAIN, SAMPLE_TIME, { proof: true })
  const start = lines.indexOf('Proof')
  expect(lines.slice(start + 1, start + 8)).toEqual([
    'Enrolment     enrolled',
    'Device        dev_AAAAAAAAAAAAAAAAAAAAAA, tier tpm-attested, epoch 1',
    'Proven        device key',
    'Not proven    posture',
    'Machine       laptop-7, LENOVO 21HM, Debian GNU/Linux 13',
    'Directory     wss://directory.example:8443, connected, last acknowledged 12 s ago',
    'Evidence      41 of 42 acknowledged, 1 waiting (1834 bytes)',
  ])
})

test('shows a reason that has no finding', () => {
  const reasons = [{ check: 'attestation' as const, state: 'unknown' as const, reason: 'no quote for 2 h' }]
  const lines = statusLines(sampleStatus(result({ reasons })), PLAIN, SAMPLE_TIME)
  expect(lines.join('\n')).toContain('  could not check: attestation\n                   no quote for 2 h')
})

test('is the same with and without colour', () => {
  const [plain, coloured] = [false, true].map((colour) =>
    statusLines(sampleStatus(), { columns: 100, colour }, SAMPLE_TIME).join('\n'),
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: searches for escape sequences
  expect(coloured?.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain)
  expect(coloured).not.toBe(plain)
})

test('moves text below its label in a narrow terminal, and cuts nothing', () => {
  const remedy = "The clock of this device is about 365 days behind the directory's. Set it."
  const health = [{ code: 'CLOCK_OFF', remedy, since: 0 }]
  const lines = statusLines(sampleStatus({ enrolment: 'retired', health }), { columns: 40, colour: false }, SAMPLE_TIME)
  const from = (title: string) => lines.slice(lines.indexOf(title))
  expect(lines.slice(0, 7)).toEqual([
    'Verdict       NONE: this device was',
    '              retired',
    'What to do    ask your administrator if',
    '              you still need this device',
    'Enrolment     RETIRED by an',
    '              administrator: to return,',
    '              it needs a new enrolment',
  ])
  expect(from('Action needed').slice(0, 8)).toEqual([
    'Action needed',
    '  CLOCK_OFF  The clock of this device is',
    '             about 365 days behind the',
    "             directory's. Set it.",
    '',
    'Required, not met (1)',
    '  fail     The system disk is not',
    '           encrypted',
  ])
  expect(from('Agents (1 running, 0 installed)').slice(0, 5)).toEqual([
    'Agents (1 running, 0 installed)',
    '  AGENT              STATE    USER',
    '    PROCESS   AUTONOMY',
    '    WHERE',
    '  Claude Code 2.1.0  running  alice',
  ])
})

describe('separates what is proven from what is reported', () => {
  const ground = (changes: Partial<Status>) =>
    statusLines(sampleStatus(changes), PLAIN, SAMPLE_TIME, { proof: true }).filter((line) =>
      /^(Proven|Not proven| {14}\S)/.test(line),
    )
  test.each<[string, Partial<Status>, readonly string[]]>([
    [
      'each on a line',
      result({ proven: ['the key lives in a TPM', 'boot measurements'], reported: ['posture', 'inventory'] }),
      [
        'Proven        the key lives in a TPM',
        '              boot measurements',
        'Not proven    posture',
        '              inventory',
      ],
    ],
    [
      'nothing is proven',
      result({ proven: [], reported: ['posture'] }),
      ['Proven        nothing: its keys have not answered yet', 'Not proven    posture'],
    ],
    ['not for a retired device', { enrolment: 'retired' }, []],
    ['not for a pending device', { enrolment: 'pending' }, []],
  ])('%s', (_, changes, lines) => expect(ground(changes)).toEqual(lines))
})

test('shows the command that approves a pending device', () => {
  const reEnrolment = `ren_${'A'.repeat(22)}`
  const lines = statusLines(sampleStatus({ enrolment: 'pending', reEnrolment }), PLAIN, SAMPLE_TIME)
  expect(lines[2]).toBe(
    `Enrolment     PENDING: waiting for an administrator: surety-directory re-enrolments approve ${reEnrolment} (or deny)`,
  )
})

test('counts MCP servers and agent files that need attention', () => {
  const sightings = [mcpServerSighting('1', { unpinned: true }), mcpServerSighting('2')]
  expect(statusLines(sampleStatus({ sightings }), PLAIN, SAMPLE_TIME)).toContain(
    'MCP servers   2, 1 needs attention (surety mcp)',
  )
})

test('fits any text of a device into the width, from 30 columns on', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.integer({ min: 30, max: 120 }), (text, columns) => {
      const [agent, extension] = sampleStatus().sightings
      const status = sampleStatus({
        ...result({ reasons: [{ check: 'tier', state: 'fail', reason: text }] }),
        findings: [{ check: 'a.b', state: 'fail', detail: text }],
        directory: {
          connected: false,
          url: `wss://${'d'.repeat(80)}`,
          lastError: { code: 'CLOCK_OFF', message: text },
        },
        sightings: [
          ...(agent?.kind === 'agent' ? [{ ...agent, name: text, version: text, path: text, flags: [text] }] : []),
          ...(extension?.kind === 'extension' ? [{ ...extension, name: text, profile: text }] : []),
        ],
        sources: [{ source: 's', path: text, state: 'malformed', reason: text, items: 0, durationMs: 0 }],
        health: [{ code: text.slice(0, 64), remedy: text, since: 0 }],
        limitedToCaller: true,
      })
      return statusLines(status, { columns, colour: false }, SAMPLE_TIME).every((line) => widthOf(line) <= columns)
    }),
  )
})

test('never prints control characters of foreign text', () => {
  fc.assert(
    fc.property(anyText(), (text) => {
      const [agent, extension] = sampleStatus().sightings
      const status = sampleStatus({
        ...result({ reasons: [{ check: 'tier', state: 'fail', reason: text }] }),
        findings: [{ check: 'a.b', state: 'fail', detail: text }],
        sightings: [
          ...(agent?.kind === 'agent' ? [{ ...agent, name: text, version: text, path: text, flags: [text] }] : []),
          ...(extension?.kind === 'extension' ? [{ ...extension, name: text, profile: text }] : []),
        ],
        sources: [{ source: 's', path: text, state: 'malformed', reason: text, items: 0, durationMs: 0 }],
        health: [{ code: text, remedy: text, since: 0 }],
      })
      return statusLines(status, { columns: 80, colour: false }, SAMPLE_TIME).every(
        (line) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line),
      )
    }),
  )
})

test('says how much did not fit into the answer', () => {
  const lines = statusLines(sampleStatus({ leftOut: { sightings: 812, sources: 3 } }), PLAIN, SAMPLE_TIME)
  expect(lines.join('\n')).toContain(
    '812 items and 3 sources do not fit into one answer and are not shown. The directory has all of them.',
  )
})

test.each<[NonNullable<Status['updates']>, string]>([
  [{ state: 'current', channel: 'stable', installed: '0.9.0' }, ', up to date, channel stable, installed 0.9.0'],
  [{ state: 'rolled-back', channel: 'beta', refused: '1.2.0' }, ', rolled back from 1.2.0, channel beta'],
  [{ state: 'trial', pin: '1.2.0' }, ', on trial, pinned to 1.2.0'],
  [
    { state: 'failed', channel: 'stable', lastError: { code: 'UPDATE_EXPIRED', message: 'too old' } },
    ', updates cannot be taken, channel stable: too old [UPDATE_EXPIRED]',
  ],
])("prints the state of the daemon's updates: %j", (updates, text) => {
  const lines = statusLines({ ...sampleStatus(), updates }, { columns: 400, colour: false }, SAMPLE_TIME, {
    proof: true,
  })
  const line = lines.find((each) => each.trimStart().startsWith('Daemon '))
  expect(line?.trimStart().replace(/^Daemon +/, '')).toBe(`${sampleStatus().daemonVersion}${text}`)
})

describe('a device that is not enrolled', () => {
  const AWAY = { code: 'DIRECTORY_UNREACHABLE', message: 'connection to wss://x:1: nothing listens there' }
  const shown = (codes: readonly string[], lastError?: { readonly code: string; readonly message: string }) => {
    const {
      result: __,
      device: ___,
      ...rest
    } = sampleStatus({
      enrolment: 'not-enrolled',
      health: codes.map((code) => ({ code, remedy: 'r', since: 0 })),
    })
    const directory = { ...rest.directory, connected: false, ...(lastError === undefined ? {} : { lastError }) }
    return statusLines({ ...rest, directory }, PLAIN, SAMPLE_TIME)
  }
  const lineOf = (lines: readonly string[], label: string) => lines.find((line) => line.startsWith(label)) ?? ''

  test('says that it tries, and why it does not succeed', () => {
    const lines = shown([], AWAY)
    expect(lineOf(lines, 'Enrolment')).toContain('NOT ENROLLED YET: the directory has not answered')
    expect(lineOf(lines, 'What to do')).toContain('it retries automatically')
    expect(lines.join('\n')).toContain(`last error: ${AWAY.message} [${AWAY.code}]`)
  })

  test.each([
    [['NOT_ENROLLED'], undefined, 'write an enrolment string'],
    [['ENROLMENT_FAILED'], { code: 'FILE_IS_LINK', message: 'it is a link' }, 'the enrolment string was not taken'],
    [['DIRECTORY_UNTRUSTED'], { code: 'PIN_MISMATCH', message: 'no pinned key' }, 'NOT ENROLLED'],
  ])('with the warnings %j and %j it asks for an administrator', (codes, lastError, words) => {
    const lines = shown(codes, lastError)
    expect(lineOf(lines, 'Enrolment')).toContain(words)
    expect(lineOf(lines, 'Enrolment')).not.toContain('YET')
    expect(lineOf(lines, 'What to do')).toContain('ask your administrator')
    if (lastError !== undefined) expect(lines.join('\n')).toContain(`[${lastError.code}]`)
  })
})
