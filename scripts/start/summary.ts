import { printable } from '../../src/base/text/printable.ts'
import { FINDING_STATES } from '../../src/protocol/finding.ts'
import type { DeviceFinding } from '../../src/protocol/nouns/devices/devices.ts'
import { SIGHTING_KINDS, type Sighting } from '../../src/protocol/sighting.ts'
import { checkText, headlineOf } from '../../src/view/checks/check-catalogue.ts'
import { FINDING_WORDS, findingCounts } from '../../src/view/checks/finding-words.ts'
import { waitsForDrill } from '../../src/view/open-reasons.ts'
import { agentCounts, inOrder, KIND_VIEWS, riskCounts, sightingRow } from '../../src/view/sightings/sighting-rows.ts'
import { clipped, hanging, type Terminal, table } from '../../src/view/terminal.ts'
import { VERDICT_TITLES } from '../../src/view/verdict-titles.ts'
import { type StartDocument, sightingsOf } from './start-document.ts'

const SHOWN_EXTENSIONS = 15
const SHOWN_AGENTS = 20
const SHOWN_SOURCES = 10

/**
 * The lines of the live summary: agents, then what fails. The verdict is last, because a small terminal shows the last lines.
 * Foreign text is made printable.
 */
export function summaryLines(document: StartDocument, terminal: Terminal): readonly string[] {
  const { device, directory, agents, extensions, findings } = document
  const width = terminal.columns ?? DEFAULT_WIDTH
  const fitting = { ...terminal, columns: width }
  const cut = (lines: readonly string[]) => lines.map((line) => clipped(line, width))
  const ai = extensions.filter((extension) => extension.ai).length
  return [
    ...section('AGENTS', agents.length === 0 ? ['  none yet'] : listed(agents, SHOWN_AGENTS, fitting)),
    ...section('CHECKS', findingLines(document, fitting)),
    ...section('EXTENSIONS', listed(extensions, SHOWN_EXTENSIONS, fitting)),
    ...section('NOT READ', cut(unreadLines(document))),
    ...cut([
      labelled('Sources', sourceCounts(document)),
      ...countLines(document),
      labelled('Extensions', `${extensions.length} in browsers and editors, ${ai} of them AI`),
      labelled('Agents', agentCounts(agents)),
      labelled('Checks', findingCounts(findings, ['pass', 'fail', 'unknown', 'not-applicable'])),
      '',
      labelled('Device', `${printable(device.hostname)}  ${device.id}  epoch ${device.epoch}`),
      labelled('Tier', `${device.tier}${TIER_NOTES[device.tier] ?? ''}`),
      labelled('API', directory.api),
      labelled('Verdict', verdictInWords(document)),
    ]),
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines, '']
}

function labelled(label: string, text: string): string {
  return label.padEnd(LABEL_WIDTH) + text
}

const LABEL_WIDTH = 16
const DEFAULT_WIDTH = 120

const TIER_NOTES: Readonly<Record<string, string>> = {
  simulated: '  (a simulated TPM: proves the key, not this machine)',
  software: '  (a key file: proves the key, not the hardware)',
  tpm: '  (no trust anchor for the vendor of this TPM)',
}

/** The verdict, and what of it counts: `NOT COMPLIANT: 2 required checks fail, 1 could not be checked (3 advisory ones do not count)`. */
function verdictInWords(document: StartDocument): string {
  const title = VERDICT_TITLES[document.verdict]
  const advisory = advisoryChecks(document)
  const count = (state: DeviceFinding['state'], isAdvisory: boolean) =>
    document.findings
      .filter((one) => one.state === state && advisory.has(one.check) === isAdvisory)
      .filter((one) => !isAdvisory || !waitsForDrill(one)).length
  const [failed, unknown] = [count('fail', false), count('unknown', false)]
  if (document.verdict !== 'not-compliant' || failed + unknown === 0) return title
  const parts = [
    ...(failed === 0 ? [] : [`${failed} required ${failed === 1 ? 'check fails' : 'checks fail'}`]),
    ...(unknown === 0 ? [] : [`${unknown}${failed === 0 ? ' required' : ''} could not be checked`]),
  ]
  const ignored = count('fail', true) + count('unknown', true)
  const note = ignored === 0 ? '' : ` (${ignored} advisory ${ignored === 1 ? 'one does' : 'ones do'} not count)`
  return `${title}: ${parts.join(', ')}${note}`
}

function advisoryChecks({ reasons }: Pick<StartDocument, 'reasons'>): ReadonlySet<string> {
  return new Set(reasons.filter((reason) => reason.advisory === true).map(({ check }) => check))
}

/** Required checks that spoil the verdict, in a line each. The others share one line. */
function findingLines({ findings, reasons }: StartDocument, terminal: Terminal): string[] {
  const advisory = advisoryChecks({ reasons })
  const isBad = ({ state }: DeviceFinding) => state === 'fail' || state === 'unknown'
  const spoiling = findings
    .filter((finding) => isBad(finding) && !advisory.has(finding.check))
    .sort((a, b) => FINDING_STATES.indexOf(a.state) - FINDING_STATES.indexOf(b.state) || a.check.localeCompare(b.check))
    .flatMap(({ check, state }) => {
      const head = `  ${FINDING_WORDS[state].padEnd(16)}`
      const title = state === 'fail' ? headlineOf(check, state, 'en') : checkText(check, 'en')?.title
      return hanging(terminal, head, head.length, title ?? check)
    })
  const others = findings.filter((finding) => isBad(finding) && advisory.has(finding.check) && !waitsForDrill(finding))
  const counts = findingCounts(findings, ['pass', 'not-applicable'])
  const ignored =
    others.length === 0 ? '' : `, ${others.length} advisory ${others.length === 1 ? 'one' : 'ones'} to look at`
  return findings.length === 0
    ? []
    : [...spoiling, ...hanging(terminal, '  ', 2, `${counts}${ignored}  (surety status)`)]
}

function listed(sightings: readonly Sighting[], most: number, terminal: Terminal): string[] {
  const [first] = sightings
  const rest = sightings.length - most
  const rows = inOrder(sightings).slice(0, most).map(sightingRow)
  return [
    ...(first === undefined ? [] : table(rows, terminal, { heading: KIND_VIEWS[first.kind].heading, maxCell: 32 })),
    ...(rest > 0 ? [`  … and ${rest} more (see --json)`] : []),
  ]
}

/** One line for each kind without a table. */
function countLines(document: StartDocument): string[] {
  return SIGHTING_KINDS.filter((kind) => kind !== 'agent' && kind !== 'extension').map((kind) => {
    const { plural, command } = KIND_VIEWS[kind]
    const label = plural.charAt(0).toUpperCase() + plural.slice(1)
    return labelled(label, `${riskCounts(sightingsOf(document, kind))}  (surety ${command})`)
  })
}

function sourceCounts({ sources }: StartDocument): string {
  const unread = unreadOf(sources).length
  return unread === 0 ? `${sources.length} read` : `${unread} of ${sources.length} could not be read`
}

/** Names the sources that could not be read. */
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
