import { printable } from '../base/printable.ts'
import type { Verdict } from '../protocol/attestation-result.ts'
import type { Status } from '../protocol/control.ts'
import { SIGHTING_KINDS, type Sighting, type SightingKind, type SightingOf } from '../protocol/sighting.ts'
import { RECENT_SIGN_MS } from '../protocol/tamper.ts'
import type { Language } from '../view/check-catalogue.ts'
import { isEnrolling, openWarnings } from '../view/health-texts.ts'
import { openReasons, waitsForDrill } from '../view/open-reasons.ts'
import { riskLines } from '../view/risk-sentences.ts'
import { agentCounts, inOrder, KIND_VIEWS, riskCounts, sightingRow } from '../view/sighting-rows.ts'
import { tamperWords } from '../view/tamper-words.ts'
import { ago, hanging, type Terminal, table, toned, wrapped } from '../view/terminal.ts'
import { directoryTime, verdictOf } from '../view/verdict-now.ts'
import { VERDICT_TITLES } from '../view/verdict-titles.ts'
import { notShown } from './administrator-words.ts'
import { checkLines } from './check-lines.ts'
import type { CliInit } from './cli-components.ts'
import { stopLines } from './stop-view.ts'
import { supportLines } from './support.ts'

const LABEL_WIDTH = 14
/** `surety mcp`, `surety files` and the like show all risks of their kind. */
const MOST_RISKS = 5

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

export interface StatusViewInit {
  /** Also shows identity, proof, evidence and sources. */
  readonly proof?: boolean
  readonly language?: Language
  readonly platform?: CliInit['platform']
}

/** `surety status` for a person. What needs action comes first. */
export function statusLines(
  status: Status,
  terminal: Terminal,
  wallMs: number,
  { proof = false, language = 'en', platform }: StatusViewInit = {},
): string[] {
  const nowMs = directoryTime(status, wallMs)
  return [
    ...stopLines(status, { terminal, nowMs, language }),
    ...headLines(status, terminal, nowMs),
    ...supportLines(status.support, terminal, LABEL_WIDTH),
    ...healthLines(status, terminal, language),
    ...tamperLines(status, terminal, nowMs),
    ...checkLines(status, { terminal, nowMs, language }),
    ...sightingLines(status, terminal),
    ...riskLines(status.sightings, terminal, { language, most: MOST_RISKS }),
    ...(proof ? ['', ...proofLines(status, terminal, nowMs)] : []),
    ...unreadLines(status, terminal),
    ...(status.limitedToCaller ? ['', ...wrapped(terminal, notShown('Items and sources', platform))] : []),
    ...leftOutLines(status, terminal),
  ]
}

/** The signs of the last days: what was a mistake is forgotten. */
function tamperLines({ tamperSigns = [], time }: Status, terminal: Terminal, nowMs: number): string[] {
  // Their times are those of the device.
  const recent = tamperSigns.filter((sign) => time - sign.time < RECENT_SIGN_MS).toReversed()
  if (recent.length === 0) return []
  return [
    '',
    'Tamper signs',
    ...recent.slice(0, MOST_SIGNS).flatMap((sign) => {
      return hanging(terminal, `  ${ago(sign.time + nowMs - time, nowMs)}: `, 0, tamperWords(sign))
    }),
    ...(recent.length > MOST_SIGNS ? [`  and ${recent.length - MOST_SIGNS} more`] : []),
  ]
}

const MOST_SIGNS = 5

function headLines(status: Status, terminal: Terminal, nowMs: number): string[] {
  const { directory, enrolment } = status
  const verdict = verdictOf(status, nowMs)
  const tone = verdict === 'compliant' ? 'good' : verdict === 'not-compliant' ? 'bad' : 'warning'
  const line = (label: string, text: string) => hanging(terminal, label, LABEL_WIDTH, text)
  const lastHeard = ago(directory.lastAcknowledgedAt, nowMs)
  return [
    // Colour is added last, so that wrapping does not count it.
    ...line('Verdict', verdictText(status, verdict, nowMs)).map(
      (each) => each.slice(0, LABEL_WIDTH) + toned(terminal, tone, each.slice(LABEL_WIDTH)),
    ),
    ...line('What to do', nextStep(status, verdict)),
    ...(enrolment === 'enrolled' ? [] : line('Enrolment', enrolmentText(status))),
    ...(directory.connected ? [] : line('Directory', `NOT CONNECTED, last acknowledged ${lastHeard}`)),
    ...(directory.connected ? [] : lastErrorLines(status, terminal)),
  ]
}

function lastErrorLines({ directory: { lastError } }: Status, terminal: Terminal): string[] {
  if (lastError === undefined) return []
  return hanging(terminal, '', LABEL_WIDTH, `last error: ${lastError.message} [${lastError.code}]`)
}

const NEXT_STEPS = {
  pending: 'nothing: an administrator has to approve this device',
  refused: 'ask your administrator why this device was refused',
  retired: 'ask your administrator if you still need this device',
  'not-enrolled': 'ask your administrator to enrol this device',
} as const satisfies Readonly<Record<Exclude<Status['enrolment'], 'enrolled'>, string>>

function nextStep(status: Status, verdict: Verdict): string {
  const { enrolment } = status
  if (isEnrolling(status)) return 'connect this device to the network of its directory: it tries again by itself'
  if (enrolment !== 'enrolled') return NEXT_STEPS[enrolment]
  switch (verdict) {
    case 'compliant':
      return 'nothing'
    case 'not-compliant':
      return openText(status)
    case 'unknown':
    case 'stale':
      return waitText(status)
  }
  return verdict satisfies never
}

function openText(status: Status): string {
  const { failing, unchecked } = openReasons(status)
  if (failing.length > 0) return 'run "surety fix" for the steps, then "surety check --wait"'
  if (unchecked.length === 0) return `all is fixed: ${waitText(status)}`
  const count = `${unchecked.length} required ${unchecked.length === 1 ? 'check' : 'checks'}`
  return `nothing: Surety could not make ${count}, and your administrators see it`
}

function waitText({ directory }: Status): string {
  if (directory.connected) return 'wait a minute, then run "surety check --wait"'
  return 'connect this device to the network of its directory'
}

/** Identity, the basis of the verdict, and the state of the evidence. */
function proofLines(status: Status, terminal: Terminal, nowMs: number): string[] {
  const { device, directory, inventory, spool } = status
  const line = (label: string, text: string) => hanging(terminal, label, LABEL_WIDTH, text)
  const reach = directory.connected ? 'connected' : 'NOT CONNECTED'
  const heard = ago(directory.lastAcknowledgedAt, nowMs)
  return [
    'Proof',
    ...line('Enrolment', enrolmentText(status)),
    ...(device === undefined ? [] : line('Device', `${device.id}, tier ${device.tier}, epoch ${device.epoch}`)),
    ...basisLines(status, terminal),
    ...(inventory === undefined ? [] : line('Machine', machineText(inventory))),
    ...line('Directory', `${directory.url ?? 'none'}, ${reach}, last acknowledged ${heard}`),
    ...lastErrorLines(status, terminal),
    ...line(
      'Evidence',
      `${spool.acknowledged} of ${spool.sequence} acknowledged, ${spool.waiting} waiting (${sizeText(spool.bytes)})`,
    ),
    ...line('Daemon', `${status.daemonVersion}${updatesText(status)}`),
  ]
}

const UPDATE_WORDS: Readonly<Record<NonNullable<Status['updates']>['state'], string>> = {
  mdm: 'newer versions come by packages',
  unchecked: 'updates not asked for yet',
  current: 'up to date',
  waiting: 'about to become another version',
  trial: 'on trial',
  'rolled-back': 'rolled back',
  failed: 'updates cannot be taken',
}

/** Behind the version of the daemon. Nothing where newer versions come by packages alone. */
function updatesText({ updates }: Status): string {
  if (updates === undefined) return ''
  const { state, channel, pin, installed, refused, lastError } = updates
  return [
    `, ${UPDATE_WORDS[state]}`,
    refused === undefined ? '' : ` from ${refused}`,
    pin === undefined ? `, channel ${channel ?? 'stable'}` : `, pinned to ${pin}`,
    installed === undefined ? '' : `, installed ${installed}`,
    lastError === undefined ? '' : `: ${lastError.message} [${lastError.code}]`,
  ].join('')
}

function enrolmentText(status: Status): string {
  const { enrolment, reEnrolment, device, health, directory } = status
  if (isEnrolling(status))
    return directory.lastError === undefined ? 'under way' : 'NOT ENROLLED YET: the directory has not answered'
  if (enrolment === 'not-enrolled' && health.some(({ code }) => code === 'ENROLMENT_FAILED'))
    return 'NOT ENROLLED: the enrolment string was not taken'
  const words = ENROLMENT_WORDS[enrolment]
  if (reEnrolment !== undefined) return `${words}: surety-directory re-enrolments approve ${reEnrolment} (or deny)`
  if (enrolment !== 'pending' || device === undefined) return words
  return `${words}: surety-directory devices accept ${device.id} (or refuse)`
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
  return `${VERDICT_TITLES[verdict]}${VERDICT_NOTES[verdict] ?? reasonCounts(status)}${appraised}`
}

/** `: 2 required checks not met (1 unknown); 3 advisory failures do not count`. */
function reasonCounts({ result }: Status): string {
  const reasons = (result?.reasons ?? []).filter((reason) => reason.advisory !== true || !waitsForDrill(reason))
  const advisory = reasons.filter((reason) => reason.advisory === true).length
  const required = reasons.filter((reason) => reason.advisory !== true)
  const unknown = required.filter(({ state }) => state === 'unknown').length
  const parts = [
    ...(required.length === 0
      ? []
      : [
          `${required.length} required ${required.length === 1 ? 'check' : 'checks'} not met` +
            (unknown === 0 ? '' : ` (${unknown} unknown, which counts as not met)`),
        ]),
    ...(advisory === 0 ? [] : [`${advisory} advisory ${advisory === 1 ? 'one does' : 'ones do'} not count`]),
  ]
  return parts.length === 0 ? '' : `: ${parts.join('; ')}`
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

/** What the person at the device has to act on comes before what its administrators see in the directory. */
function healthLines(status: Status, terminal: Terminal, language: Language): string[] {
  const { open, elsewhere } = openWarnings(status, language)
  const lines = (all: readonly { readonly code: string; readonly remedy: string }[]) =>
    all.flatMap(({ code, remedy }) => hanging(terminal, `  ${printable(code)}  `, 0, remedy, 'warning'))
  return [
    ...(open.length === 0 ? [] : section(terminal, 'Action needed', lines(open))),
    ...(elsewhere.length === 0 ? [] : section(terminal, 'For your administrators', lines(elsewhere))),
  ]
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
