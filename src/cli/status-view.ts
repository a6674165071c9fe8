import { printable } from '../base/printable.ts'
import type { Verdict, VerdictReason } from '../protocol/attestation-result.ts'
import type { Status } from '../protocol/control.ts'
import { explanationOf, FINDING_STATES, type FindingState } from '../protocol/finding.ts'
import { SIGHTING_KINDS, type Sighting, type SightingKind, type SightingOf } from '../protocol/sighting.ts'
import { FINDING_WORDS, findingCounts } from '../view/finding-words.ts'
import { agentCounts, inOrder, KIND_VIEWS, riskCounts, sightingRow } from '../view/sighting-rows.ts'
import { ago, duration, hanging, type Terminal, type Tone, table, toned, wrapped } from '../view/terminal.ts'
import { VERDICT_TITLES } from '../view/verdict-titles.ts'
import { directoryTime, verdictOf } from './verdict.ts'

const LABEL_WIDTH = 14

const VERDICT_NOTES: Readonly<Partial<Record<Verdict, string>>> = {
  unknown: ': no verdict from the directory yet',
  stale: ': the last verdict is no longer valid',
}

const ENROLMENT_WORDS = {
  enrolled: 'enrolled',
  pending: 'PENDING: waiting for an administrator',
  refused: 'REFUSED by the directory',
  retired: 'RETIRED by an administrator: to return, it needs a new enrolment string and an approval',
  'not-enrolled': 'NOT ENROLLED: write an enrolment string to the enrolment file (see surety config show)',
} as const satisfies Readonly<Record<Status['enrolment'], string>>

/** `surety status` for a person. What needs action comes first. */
export function statusLines(status: Status, terminal: Terminal, wallMs: number): string[] {
  const nowMs = directoryTime(status, wallMs)
  return [
    ...headLines(status, terminal, nowMs),
    ...healthLines(status, terminal),
    ...reasonLines(status, terminal, nowMs),
    ...findingLines(status, terminal, nowMs),
    ...sightingLines(status, terminal),
    ...unreadLines(status, terminal),
    ...(status.limitedToCaller
      ? ['', ...wrapped(terminal, 'Items and sources of other users are not shown. Run as root to see all.')]
      : []),
    ...leftOutLines(status, terminal),
  ]
}

function headLines(status: Status, terminal: Terminal, nowMs: number): string[] {
  const { device, directory, inventory, spool } = status
  const verdict = verdictOf(status, nowMs)
  const tone = verdict === 'compliant' ? 'good' : verdict === 'not-compliant' ? 'bad' : 'warning'
  const line = (label: string, text: string) => hanging(terminal, label, LABEL_WIDTH, text)
  const reach = directory.connected ? 'connected' : 'NOT CONNECTED'
  const heard = ago(directory.lastAcknowledgedAt, nowMs)
  return [
    // Colour is added last, so that wrapping does not count it.
    ...line('Verdict', verdictText(status, verdict, nowMs)).map(
      (each) => each.slice(0, LABEL_WIDTH) + toned(terminal, tone, each.slice(LABEL_WIDTH)),
    ),
    ...line('Enrolment', enrolmentText(status)),
    ...(device === undefined ? [] : line('Device', `${device.id}, tier ${device.tier}, epoch ${device.epoch}`)),
    ...basisLines(status, terminal),
    ...(inventory === undefined ? [] : line('Machine', machineText(inventory))),
    ...line('Directory', `${directory.url ?? 'none'}, ${reach}, last acknowledged ${heard}`),
    ...(directory.lastError === undefined
      ? []
      : line('', `last error ${directory.lastError.code}: ${directory.lastError.message}`)),
    ...line(
      'Evidence',
      `${spool.acknowledged} of ${spool.sequence} acknowledged, ${spool.waiting} waiting (${sizeText(spool.bytes)})`,
    ),
    ...line('Daemon', status.daemonVersion),
  ]
}

function enrolmentText({ enrolment, reEnrolment }: Status): string {
  const words = ENROLMENT_WORDS[enrolment]
  return reEnrolment === undefined ? words : `${words}: surety-directory re-enrolments approve ${reEnrolment} (or deny)`
}

/** The basis of the verdict: what the keys prove, and what the device only reports. */
function basisLines({ enrolment, result }: Status, terminal: Terminal): string[] {
  if (enrolment !== 'enrolled' || result === undefined) return []
  const proven = result.proven.length === 0 ? ['nothing: its keys have not answered yet'] : result.proven
  const each = (label: string, texts: readonly string[]) =>
    texts.flatMap((text, index) => hanging(terminal, index === 0 ? label : '', LABEL_WIDTH, text))
  return [...each('Proven', proven), ...each('Not proven', result.reported)]
}

function verdictText(status: Status, verdict: Verdict, nowMs: number): string {
  if (status.enrolment !== 'enrolled')
    return status.enrolment === 'retired' ? 'NONE: this device was retired' : 'NONE: this device is not enrolled'
  const appraised = status.result === undefined ? '' : ` (appraised ${ago(status.result.appraisedAt, nowMs)})`
  return `${VERDICT_TITLES[verdict]}${VERDICT_NOTES[verdict] ?? ''}${appraised}`
}

function machineText(inventory: NonNullable<Status['inventory']>): string {
  const { hostname, manufacturer, model, osName, osVersion } = inventory
  return [hostname, [manufacturer, model].filter(Boolean).join(' '), `${osName} ${osVersion}`]
    .filter((part) => part !== '')
    .join(', ')
}

function sizeText(bytes: number): string {
  return bytes < 10_240 ? `${bytes} bytes` : `${Math.round(bytes / 1024)} KiB`
}

/** Reasons without a finding: attestation, tier, freshness, checks that the device did not report. */
function reasonLines({ result, findings }: Status, terminal: Terminal, nowMs: number): string[] {
  const known = new Set<string>(findings.map(({ check }) => check))
  const others = (result?.reasons ?? []).filter(({ check }) => !known.has(check))
  if (others.length === 0) return []
  return section(
    terminal,
    'Why',
    others.flatMap((reason) =>
      stateLines(terminal, reason.state, reason.check, reason.reason + reasonNote(reason, nowMs)),
    ),
  )
}

function reasonNote({ since, advisory, graceUntil, exemptUntil }: VerdictReason, nowMs: number): string {
  const notes = [
    ...(advisory === true ? ['advisory only'] : []),
    ...(exemptUntil === undefined ? [] : [`exempt until ${dayOf(exemptUntil)}`]),
    ...(graceUntil === undefined ? [] : [`does not count until ${dayOf(graceUntil)}`]),
    ...(since === undefined ? [] : [`for ${duration(since, nowMs)}`]),
  ]
  return notes.length === 0 ? '' : ` (${notes.join(', ')})`
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}

function findingLines({ findings, result }: Status, terminal: Terminal, nowMs: number): string[] {
  if (findings.length === 0) return section(terminal, 'Checks', ['  none yet'])
  const ofState = (state: FindingState) => findings.filter((finding) => finding.state === state)
  const sorted = FINDING_STATES.flatMap(ofState)
  const counts = findingCounts(findings, FINDING_STATES)
  const reasons = new Map<string, VerdictReason>(result?.reasons.map((reason) => [reason.check, reason]))
  return section(
    terminal,
    `Checks (${counts}), reported by this device`,
    sorted.flatMap((finding) => {
      const reason = reasons.get(finding.check)
      const note = reason?.state === finding.state ? reasonNote(reason, nowMs) : ''
      return stateLines(terminal, finding.state, finding.check, explanationOf(finding) + note)
    }),
  )
}

const STATE_TONES: Readonly<Record<FindingState, Tone>> = {
  ...{ fail: 'bad', unknown: 'warning', 'not-applicable': 'faint', pass: 'good' },
}

function stateLines(terminal: Terminal, state: FindingState, check: string, text: string): string[] {
  const word = FINDING_WORDS[state]
  const head = `  ${word.padEnd(8)} ${printable(check).padEnd(32)} `
  const [first = '', ...more] = hanging(terminal, head, head.length, text)
  return [first.replace(word, toned(terminal, STATE_TONES[state], word)), ...more]
}

function sightingLines({ sightings }: Status, terminal: Terminal): string[] {
  const [agents, extensions, runtimes] = [
    ofKind(sightings, 'agent'),
    ofKind(sightings, 'extension'),
    ofKind(sightings, 'model-runtime'),
  ]
  const ai = extensions.filter((extension) => extension.ai)
  const rest = extensions.length > ai.length ? ['  All of them: surety extensions'] : []
  const running = runtimes.filter(({ state }) => state === 'running').length
  return [
    ...section(terminal, `Agents (${agentCounts(agents)})`, sightingTable(agents, terminal)),
    ...(runtimes.length === 0
      ? []
      : section(terminal, `Model runtimes (${running} running)`, sightingTable(runtimes, terminal))),
    ...section(terminal, `Extensions (${extensions.length}, ${ai.length} of them AI)`, [
      ...sightingTable(ai, terminal),
      ...rest,
    ]),
    '',
    ...COUNTED_KINDS.flatMap((kind) => countLines(kind, ofKind(sightings, kind), terminal)),
  ]
}

/** Kinds without a table in the status. */
const COUNTED_KINDS = SIGHTING_KINDS.filter((kind) => !['agent', 'extension', 'model-runtime'].includes(kind))

function countLines(kind: SightingKind, sightings: readonly Sighting[], terminal: Terminal): string[] {
  const { plural, command } = KIND_VIEWS[kind]
  const label = plural.charAt(0).toUpperCase() + plural.slice(1)
  return hanging(terminal, `${label}  `, LABEL_WIDTH, `${riskCounts(sightings)} (surety ${command})`)
}

function ofKind<K extends SightingKind>(sightings: readonly Sighting[], wanted: K): SightingOf<K>[] {
  // The filter leaves only sightings of this kind.
  return sightings.filter(({ kind }) => kind === wanted) as SightingOf<K>[]
}

function sightingTable(sightings: readonly Sighting[], terminal: Terminal): string[] {
  const [first] = sightings
  if (first === undefined) return []
  return table(inOrder(sightings).map(sightingRow), terminal, { heading: KIND_VIEWS[first.kind].heading })
}

/** Names the sources that could not be read. */
function unreadLines({ sources }: Status, terminal: Terminal): string[] {
  const unread = sources.filter(({ state }) => state !== 'parsed' && state !== 'absent')
  if (unread.length === 0) return section(terminal, `Sources (${sources.length}, none unreadable)`, [])
  return section(
    terminal,
    `Sources (${unread.length} of ${sources.length} could not be read)`,
    unread.flatMap(({ source, path, state, reason }) =>
      hanging(terminal, `  ${state}`, 14, `${path ?? source}${reason === undefined ? '' : `: ${reason}`}`, 'warning'),
    ),
  )
}

function healthLines({ health }: Status, terminal: Terminal): string[] {
  if (health.length === 0) return []
  return section(
    terminal,
    'Action needed',
    health.flatMap(({ code, remedy }) => hanging(terminal, `  ${printable(code)}  `, 0, remedy, 'warning')),
  )
}

function leftOutLines({ leftOut }: Status, terminal: Terminal): string[] {
  if (leftOut === undefined) return []
  const counts = [
    ...(leftOut.sightings === 0 ? [] : [`${leftOut.sightings} items`]),
    ...(leftOut.sources === 0 ? [] : [`${leftOut.sources} sources`]),
  ]
  const text = `${counts.join(' and ')} do not fit into one answer and are not shown. The directory has all of them.`
  return ['', ...wrapped(terminal, text)]
}

function section(terminal: Terminal, title: string, lines: readonly string[]): string[] {
  return ['', ...wrapped(terminal, title), ...lines]
}
