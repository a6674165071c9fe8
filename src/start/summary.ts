import { printable } from '../base/printable.ts'
import type { DeviceFinding } from '../protocol/api-devices.ts'
import { FINDING_STATES } from '../protocol/finding.ts'
import type { Sighting } from '../protocol/sighting.ts'
import { FINDING_WORDS, findingCounts } from '../view/finding-words.ts'
import { agentCounts, bewareCounts, HEADINGS, inOrder, sightingRow } from '../view/sighting-rows.ts'
import { hanging, type Terminal, table } from '../view/terminal.ts'
import { VERDICT_TITLES } from '../view/verdict-titles.ts'
import { clipped } from '../view/width.ts'
import type { StartDocument } from './document.ts'

const SHOWN_EXTENSIONS = 15
const SHOWN_AGENTS = 20
const SHOWN_SOURCES = 10

/**
 * The live summary of `npm start`, as lines: what there is of everything first, and what matters last, for the last lines are those that
 * a small terminal still shows. Foreign text is made printable; nothing is said by colour alone.
 */
export function summaryLines(document: StartDocument, terminal: Terminal): readonly string[] {
  const { device, directory, agents, extensions, findings } = document
  const width = terminal.columns ?? DEFAULT_WIDTH
  const fitting = { ...terminal, columns: width }
  const cut = (lines: readonly string[]) => lines.map((line) => clipped(line, width))
  const ai = extensions.filter((extension) => extension.ai).length
  return [
    ...section('CHECKS', findingLines(document, fitting)),
    ...section('AGENTS', listed(agents, SHOWN_AGENTS, fitting)),
    ...section('EXTENSIONS', listed(extensions, SHOWN_EXTENSIONS, fitting)),
    ...section('NOT READ', cut(unreadLines(document))),
    ...cut([
      `Sources     ${sourceCounts(document)}`,
      ...otherLines(document),
      `Extensions  ${extensions.length} in browsers and editors, ${ai} of them AI`,
      `Agents      ${agentCounts(agents)}`,
      `Checks      ${findingCounts(findings, ['pass', 'fail', 'unknown', 'not-applicable'])}`,
      '',
      `Device      ${printable(device.hostname)}  ${device.id}  epoch ${device.epoch}`,
      `Tier        ${device.tier}${TIER_WORDS[device.tier] ?? ''}`,
      `API         ${directory.api}`,
      `Verdict     ${VERDICT_TITLES[document.verdict]}`,
    ]),
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines, '']
}

const DEFAULT_WIDTH = 120

const TIER_WORDS: Readonly<Record<string, string>> = {
  simulated: '  (a TPM simulator: proves the ceremony, not this machine)',
  software: '  (a key in a file: proves possession, not hardware)',
  tpm: '  (a TPM whose maker is not among the trust anchors)',
}

/** What needs a person comes first: failed, then unknown, not applicable, passed; required checks before advisory ones. */
function findingLines({ findings, reasons }: StartDocument, terminal: Terminal): string[] {
  const advisory = new Set<string>(reasons.filter((reason) => reason.advisory === true).map(({ check }) => check))
  const rank = ({ check, state }: DeviceFinding) => FINDING_STATES.indexOf(state) * 2 + (advisory.has(check) ? 1 : 0)
  return [...findings]
    .sort((a, b) => rank(a) - rank(b) || a.check.localeCompare(b.check))
    .flatMap((finding) => {
      const words = `${finding.explanation}${advisory.has(finding.check) ? ' (advisory only)' : ''}`
      const head = `  ${FINDING_WORDS[finding.state].padEnd(8)}${finding.check.padEnd(32)}`
      return hanging(terminal, head, head.length, words)
    })
}

function listed(sightings: readonly Sighting[], most: number, terminal: Terminal): string[] {
  const [first] = sightings
  const rest = sightings.length - most
  const rows = inOrder(sightings).slice(0, most).map(sightingRow)
  return [
    ...(first === undefined ? [] : table(rows, terminal, { heading: HEADINGS[first.kind], maxCell: 32 })),
    ...(rest > 0 ? [`  … and ${rest} more (see --json)`] : []),
  ]
}

/** What has a command of its own to list it. */
function otherLines({ mcpServers, runtimes, agentFiles }: StartDocument): string[] {
  const running = runtimes.filter(({ state }) => state === 'running').length
  return [
    `MCP servers ${bewareCounts(mcpServers, 'configured')}  (surety mcp)`,
    `Runtimes    ${bewareCounts(runtimes, 'seen')}, ${running} running  (surety runtimes)`,
    `Files       ${bewareCounts(agentFiles, 'for agents')}  (surety files)`,
  ]
}

function sourceCounts({ sources }: StartDocument): string {
  const unread = unreadOf(sources).length
  return unread === 0 ? `${sources.length} read` : `${unread} of ${sources.length} could not be read`
}

/** Quiet is not clean: places that could not be read are named. */
function unreadLines({ sources }: StartDocument): string[] {
  const unread = unreadOf(sources)
  return [
    ...unread
      .slice(0, SHOWN_SOURCES)
      .map(({ state, path, source, reason }) => printable(`  ${state.padEnd(11)}${path ?? source}  ${reason ?? ''}`)),
    ...(unread.length > SHOWN_SOURCES ? [`  … and ${unread.length - SHOWN_SOURCES} more (see --json)`] : []),
  ]
}

function unreadOf(sources: StartDocument['sources']): StartDocument['sources'] {
  return sources.filter(({ state }) => state !== 'parsed' && state !== 'absent')
}
