import fc from 'fast-check'
import type { StartDocument } from '../../../scripts/start/start-document.ts'
import { summaryLines } from '../../../scripts/start/summary.ts'
import { widthOf } from '../../../src/view/terminal.ts'
import { anyText } from '../../support/any-text.ts'
import { SAMPLE_TIME, sampleStatus } from '../../support/daemon/sample-status.ts'
import {
  agentSighting,
  extensionSighting,
  mcpServerSighting,
  unknownAgent,
} from '../../support/protocol/sample-sightings.ts'

/** The commands below the summary, wrapped at 80 columns, with blank lines. */
const FOOTER_LINES = 9

function document(changes: Partial<StartDocument> = {}): StartDocument {
  return {
    schema: 'surety/start@1',
    device: { id: 'dev_AAAAAAAAAAAAAAAAAAAAAA', tier: 'simulated', epoch: 1, hostname: 'laptop' },
    verdict: 'compliant',
    reasons: [],
    findings: [{ check: 'os.supported', state: 'pass', explanation: 'Debian 13', reportedAt: SAMPLE_TIME }],
    agents: [
      agentSighting('1', { state: 'installed', path: '/usr/bin/claude' }),
      agentSighting('2', { autonomy: { level: 'autonomous', because: [] }, workspace: '/src' }),
      unknownAgent('3', { user: { id: '0', name: 'root' } }),
    ],
    extensions: [extensionSighting('4')],
    mcpServers: [mcpServerSighting('5', { unpinned: true }), mcpServerSighting('6')],
    modelRuntimes: [],
    agentFiles: [],
    sources: sampleStatus().sources,
    directory: { api: 'https://localhost:1/api/v1', devices: 'wss://localhost:2', profile: '/p' },
    timings: {},
    ...changes,
  }
}

test('shows agents first and the verdict last', () => {
  expect(summaryLines(document(), { columns: 100, colour: false })).toEqual([
    'AGENTS',
    '  AGENT              STATE                  USER  PROCESS  AUTONOMY    WHERE',
    '  deskbot            UNRECOGNISED, running  root  -        not known   (score 7)',
    '  Claude Code 2.1.0  running                -     -        AUTONOMOUS  /src',
    '  Claude Code 2.1.0  installed              -     -        not known   /usr/bin/claude',
    '',
    'CHECKS',
    '  1 pass  (surety status)',
    '',
    'EXTENSIONS',
    '  AI  EXTENSION  IN                USER  STATE    FROM   MAY',
    '  AI  Helper     chromium/Default  -     enabled  store',
    '',
    'NOT READ',
    '  unreadable /home/bob/.mozilla/firefox  is a link',
    '',
    'Sources         1 of 2 could not be read',
    'MCP servers     2, 1 needs attention  (surety mcp)',
    'Model runtimes  0  (surety runtimes)',
    'Agent files     0  (surety files)',
    'Extensions      1 in browsers and editors, 1 of them AI',
    'Agents          2 running, 1 installed; of these 1 UNRECOGNISED, 1 AUTONOMOUS',
    'Checks          1 pass, 0 fail, 0 could not be checked',
    '',
    'Device          laptop  dev_AAAAAAAAAAAAAAAAAAAAAA  epoch 1',
    'Tier            simulated  (a simulated TPM: proves the key, not this machine)',
    'API             https://localhost:1/api/v1',
    'Verdict         COMPLIANT',
  ])
})

test.each([
  ['not-compliant', 'NOT COMPLIANT'],
  ['unknown', 'NO VERDICT'],
  ['stale', 'STALE'],
] as const)('shows the verdict %s as surety status does', (verdict, words) => {
  expect(summaryLines(document({ verdict, findings: [] }), { columns: 80, colour: false }).at(-1)).toBe(
    `Verdict         ${words}`,
  )
})

test.each([80, 120])('shows device, tier, verdict and counts in the last 24 lines at %i columns', (columns) => {
  const agents = Array.from({ length: 50 }, (_, i) => unknownAgent('3', { id: `${i}`.padStart(32, '0') }))
  const lines = summaryLines(document({ agents }), { columns, colour: false }).slice(-24 + FOOTER_LINES)
  const heads = lines.map((line) => line.slice(0, 15).trim())
  expect(heads).toEqual(
    expect.arrayContaining([
      'Device',
      'Tier',
      'Verdict',
      'Checks',
      'Agents',
      'MCP servers',
      'Model runtimes',
      'Agent files',
    ]),
  )
})

test('fits any text of a device into the width, without moving the cursor', () => {
  fc.assert(
    fc.property(anyText({ maxLength: 200 }), fc.integer({ min: 40, max: 160 }), (text, columns) => {
      const lines = summaryLines(
        document({
          agents: [unknownAgent('1', { name: text, version: text, workspace: text, flags: [text] })],
          extensions: [extensionSighting('2', { name: text, profile: text })],
          sources: [{ source: text, path: text, state: 'malformed', reason: text, items: 0, durationMs: 0 }],
        }),
        { columns, colour: false },
      )
      return lines.every((line) => widthOf(line) <= columns && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line))
    }),
  )
})

const found = (check: string, state: 'fail' | 'unknown' | 'pass' | 'not-applicable') =>
  ({ check, state, explanation: 'an explanation of several lines', reportedAt: SAMPLE_TIME }) as const
const ignoring = (...checks: readonly string[]) =>
  checks.map((check) => ({ check, state: 'fail' as const, advisory: true as const, reason: 'because' }))

test('shows required checks that fail in one line each, and the others in one line', () => {
  const findings = [
    found('network.firewall', 'unknown'),
    found('disk.root-encrypted', 'fail'),
    found('os.supported', 'pass'),
    found('network.smb1', 'fail'),
    found('boot.system-integrity', 'not-applicable'),
    found('os.memory-integrity', 'not-applicable'),
    found('later.check', 'fail'),
  ]
  const shown = document({ agents: [], findings, reasons: ignoring('network.smb1') })
  const lines = summaryLines(shown, { columns: 100, colour: false })
  expect(lines.slice(0, lines.lastIndexOf('', 9))).toEqual([
    'AGENTS',
    '  none yet',
    '',
    'CHECKS',
    '  fail            The system disk is not encrypted',
    '  fail            later.check',
    '  could not check A firewall filters incoming connections',
    '  1 pass, 2 not applicable, 1 advisory one to look at  (surety status)',
  ])
})

test('cuts no title of a check in a narrow terminal', () => {
  const lines = summaryLines(document({ findings: [found('disk.root-encrypted', 'fail')] }), {
    columns: 40,
    colour: false,
  })
  expect(lines.join(' ').replace(/\s+/g, ' ')).toContain('The system disk is not encrypted')
})

describe('a verdict that is not compliant', () => {
  const finding = (check: string, state: 'fail' | 'unknown' | 'pass') =>
    ({ check, state, explanation: 'because', reportedAt: SAMPLE_TIME }) as const
  const advisory = (check: string) => ({
    check,
    state: 'fail' as const,
    advisory: true as const,
    reason: 'because',
  })
  const last = (...args: Parameters<typeof document>) =>
    summaryLines(document(...args), { columns: 120, colour: false }).at(-1)

  test.each([
    [[finding('a.b', 'fail')], [], '1 required check fails'],
    [
      [finding('a.b', 'fail'), finding('a.c', 'fail'), finding('a.d', 'unknown')],
      [],
      '2 required checks fail, 1 could not be checked',
    ],
    [[finding('a.b', 'unknown')], [], '1 required could not be checked'],
    [
      [finding('a.b', 'fail'), finding('a.c', 'fail')],
      ['a.c'],
      '1 required check fails (1 advisory one does not count)',
    ],
  ])('says how many checks count', (findings, ignored, words) => {
    expect(last({ verdict: 'not-compliant', findings, reasons: ignored.map(advisory) })).toBe(
      `Verdict         NOT COMPLIANT: ${words}`,
    )
  })
})
