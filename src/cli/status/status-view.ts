import { ago } from '../../base/text/ago.ts'
import { printable } from '../../base/text/printable.ts'
import { countsNow, type Verdict } from '../../protocol/messages/attestation-result.ts'
import type { Status } from '../../protocol/messages/control.ts'
import type { Sighting, SightingKind, SightingOf } from '../../protocol/sighting.ts'
import { RECENT_SIGN_MS } from '../../protocol/tamper.ts'
import type { Language } from '../../view/checks/check-catalogue.ts'
import { findingIn } from '../../view/checks/findings-german.ts'
import { isEnrolling, openWarnings } from '../../view/health-texts.ts'
import { openReasons, waitsForDrill } from '../../view/open-reasons.ts'
import { agoIn, type Phrase, type Say, sayIn } from '../../view/phrases.ts'
import { riskLines } from '../../view/sightings/risk-sentences.ts'
import { agentCounts, inOrder, KIND_VIEWS, riskCounts, sightingRow } from '../../view/sightings/sighting-rows.ts'
import { countsIn, headingIn, rowIn } from '../../view/sightings/sighting-words-german.ts'
import { tamperWords } from '../../view/tamper-words.ts'
import { hanging, type Terminal, table, toned, wrapped } from '../../view/terminal.ts'
import { directoryTime, verdictOf } from '../../view/verdict-now.ts'
import { VERDICT_TITLES } from '../../view/verdict-titles.ts'
import { stopLines } from '../agents/stop-view.ts'
import type { CliInit } from '../command/cli-components.ts'
import { checkLines } from './check-lines.ts'
import { supportLines } from './support.ts'

const LABEL_WIDTH = 14
/** `surety mcp`, `surety files` and the like show all risks of their kind. */
const MOST_RISKS = 5

const VERDICT_NOTES: Readonly<Partial<Record<Verdict, Phrase>>> = {
  unknown: ': the directory has sent none yet',
  stale: ': the last verdict is no longer valid',
}

const ENROLMENT_WORDS = {
  enrolled: 'enrolled',
  pending: 'PENDING: waiting for an administrator',
  refused: 'REFUSED by the directory',
  retired: 'RETIRED by an administrator: to return, it needs a new enrolment string and an approval',
  'not-enrolled': 'NOT ENROLLED: write an enrolment string to the enrolment file (see surety config show)',
} as const satisfies Readonly<Record<Status['enrolment'], string>>

const NOT_SHOWN = {
  windows:
    'Items and sources of other users are not shown. Run this in a terminal that was started as administrator to see all.',
  others: 'Items and sources of other users are not shown. Run this as root to see all.',
} as const satisfies Readonly<Record<string, Phrase>>

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
  const say = sayIn(language)
  return [
    ...stopLines(status, { terminal, nowMs, language }),
    ...headLines(status, { terminal, nowMs, say }),
    ...supportLines(status.support, terminal, LABEL_WIDTH, say),
    ...healthLines(status, terminal, language),
    ...tamperLines(status, { terminal, nowMs, say }),
    ...checkLines(status, { terminal, nowMs, language }),
    ...sightingLines(status, terminal, language),
    ...riskLines(status.sightings, terminal, { language, most: MOST_RISKS }),
    ...(proof ? ['', ...proofLines(status, terminal, nowMs)] : []),
    ...unreadLines(status, terminal, language),
    ...(status.limitedToCaller
      ? ['', ...wrapped(terminal, say(NOT_SHOWN[platform === 'windows' ? 'windows' : 'others']))]
      : []),
    ...leftOutLines(status, terminal, say),
  ]
}

/** The signs of the last days: what was a mistake is forgotten. */
function tamperLines({ tamperSigns = [], time }: Status, { terminal, nowMs, say }: HeadInit): string[] {
  // Their times are those of the device.
  const recent = tamperSigns.filter((sign) => time - sign.time < RECENT_SIGN_MS).toReversed()
  if (recent.length === 0) return []
  return [
    '',
    say('Tamper signs'),
    ...recent.slice(0, MOST_SIGNS).flatMap((sign) => {
      return hanging(terminal, `  ${agoIn(say, sign.time + nowMs - time, nowMs)}: `, 0, tamperWords(sign, say))
    }),
    ...(recent.length > MOST_SIGNS ? [`  ${say('and {} more', recent.length - MOST_SIGNS)}`] : []),
  ]
}

const MOST_SIGNS = 5

interface HeadInit {
  readonly terminal: Terminal
  readonly nowMs: number
  readonly say: Say
}

function headLines(status: Status, { terminal, nowMs, say }: HeadInit): string[] {
  const { directory, enrolment } = status
  const verdict = verdictOf(status, nowMs)
  const tone = verdict === 'compliant' ? 'good' : verdict === 'not-compliant' ? 'bad' : 'warning'
  const line = (label: Phrase, text: string) => hanging(terminal, say(label), LABEL_WIDTH, text)
  const heard =
    directory.lastAcknowledgedAt === undefined
      ? say('NOT CONNECTED, never acknowledged')
      : say('NOT CONNECTED, last acknowledged {}', agoIn(say, directory.lastAcknowledgedAt, nowMs))
  return [
    // Colour is added last, so that wrapping does not count it.
    ...line('Verdict', verdictText(status, verdict, { nowMs, say })).map(
      (each) => each.slice(0, LABEL_WIDTH) + toned(terminal, tone, each.slice(LABEL_WIDTH)),
    ),
    ...line('What to do', nextStep(status, verdict, say)),
    ...(enrolment === 'enrolled' ? [] : line('Enrolment', enrolmentText(status, say))),
    ...(directory.connected ? [] : line('Directory', heard)),
    ...(directory.connected ? [] : lastErrorLines(status, terminal, say)),
  ]
}

function lastErrorLines({ directory: { lastError } }: Status, terminal: Terminal, say: Say): string[] {
  if (lastError === undefined) return []
  return hanging(terminal, '', LABEL_WIDTH, say('last error: {} [{}]', lastError.message, lastError.code))
}

const NEXT_STEPS = {
  pending: 'nothing: an administrator has to approve this device',
  refused: 'ask your administrator why this device was refused',
  retired: 'ask your administrator if you still need this device',
  'not-enrolled': 'ask your administrator to enrol this device',
} as const satisfies Readonly<Record<Exclude<Status['enrolment'], 'enrolled'>, string>>

function nextStep(status: Status, verdict: Verdict, say: Say): string {
  const { enrolment } = status
  if (isEnrolling(status)) return say('connect this device to the network of its directory: it retries automatically')
  if (enrolment !== 'enrolled') return say(NEXT_STEPS[enrolment])
  switch (verdict) {
    case 'compliant':
      return say('nothing')
    case 'not-compliant':
      return openText(status, say)
    case 'unknown':
    case 'stale':
      return waitText(status, say)
  }
  return verdict satisfies never
}

function openText(status: Status, say: Say): string {
  const { failing, unchecked } = openReasons(status)
  if (failing.length > 0) return say('run "surety fix" for the steps, then "surety check --wait"')
  if (unchecked.length === 0) return say('all is fixed: {}', waitText(status, say))
  if (unchecked.length === 1)
    return say('nothing: Surety could not make 1 required check, and your administrators see it')
  return say('nothing: Surety could not make {} required checks, and your administrators see it', unchecked.length)
}

function waitText({ directory }: Status, say: Say): string {
  if (directory.connected) return say('wait a minute, then run "surety check --wait"')
  return say('connect this device to the network of its directory')
}

/** Identity, the basis of the verdict, and the state of the evidence. */
function proofLines(status: Status, terminal: Terminal, nowMs: number): string[] {
  const { device, directory, inventory, spool } = status
  const line = (label: string, text: string) => hanging(terminal, label, LABEL_WIDTH, text)
  const reach = directory.connected ? 'connected' : 'NOT CONNECTED'
  const heard = ago(directory.lastAcknowledgedAt, nowMs)
  return [
    'Proof',
    ...line('Enrolment', enrolmentText(status, sayIn('en'))),
    ...(device === undefined ? [] : line('Device', `${device.id}, tier ${device.tier}, epoch ${device.epoch}`)),
    ...basisLines(status, terminal),
    ...(inventory === undefined ? [] : line('Machine', machineText(inventory))),
    ...line('Directory', `${directory.url ?? 'none'}, ${reach}, last acknowledged ${heard}`),
    ...lastErrorLines(status, terminal, sayIn('en')),
    ...(directory.record === undefined ? [] : line('Record', recordText(directory.record, nowMs))),
    ...line(
      'Evidence',
      `${spool.acknowledged} of ${spool.sequence} acknowledged, ${spool.waiting} waiting (${sizeText(spool.bytes)})`,
    ),
    ...line('Daemon', `${status.daemonVersion}${updatesText(status)}`),
  ]
}

/** Of the log of the directory, which this device witnesses. */
function recordText({ origin, size, at }: NonNullable<Status['directory']['record']>, nowMs: number): string {
  return `${size} entries of ${origin}, found consistent ${ago(at, nowMs)}`
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

function enrolmentText(status: Status, say: Say): string {
  const { enrolment, reEnrolment, device, health, directory } = status
  if (isEnrolling(status))
    return say(directory.lastError === undefined ? 'under way' : 'NOT ENROLLED YET: the directory has not answered')
  if (enrolment === 'not-enrolled' && health.some(({ code }) => code === 'ENROLMENT_FAILED'))
    return say('NOT ENROLLED: the enrolment string was not taken')
  const words = say(ENROLMENT_WORDS[enrolment])
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

function verdictText(status: Status, verdict: Verdict, { nowMs, say }: Pick<HeadInit, 'nowMs' | 'say'>): string {
  if (status.enrolment !== 'enrolled')
    return say(status.enrolment === 'retired' ? 'NONE: this device was retired' : 'NONE: this device is not enrolled')
  const appraised =
    status.result === undefined ? '' : say(' (appraised {})', agoIn(say, status.result.appraisedAt, nowMs))
  const note = VERDICT_NOTES[verdict]
  return `${say(VERDICT_TITLES[verdict])}${note === undefined ? reasonCounts(status, say) : say(note)}${appraised}`
}

/** `: 2 required checks not met (1 could not be checked); 3 advisory failures do not count`. */
function reasonCounts({ result }: Status, say: Say): string {
  const reasons = (result?.reasons ?? []).filter((reason) => reason.advisory !== true || !waitsForDrill(reason))
  const advisory = reasons.filter((reason) => reason.advisory === true).length
  const required = reasons.filter(countsNow)
  const unknown = required.filter(({ state }) => state === 'unknown').length
  const parts = [
    ...(required.length === 0
      ? []
      : [
          (required.length === 1
            ? say('1 required check not met')
            : say('{} required checks not met', required.length)) +
            (unknown === 0 ? '' : say(' ({} could not be checked, which counts as not met)', unknown)),
        ]),
    ...(advisory === 0
      ? []
      : [advisory === 1 ? say('1 advisory one does not count') : say('{} advisory ones do not count', advisory)]),
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

function sightingLines({ sightings }: Status, terminal: Terminal, language: Language): string[] {
  const say = sayIn(language)
  const [agents, extensions, runtimes] = [
    ofKind(sightings, 'agent'),
    ofKind(sightings, 'extension'),
    ofKind(sightings, 'model-runtime'),
  ]
  const ai = extensions.filter((extension) => extension.ai)
  const rest = extensions.length > ai.length ? [`  ${say('All of them: surety extensions')}`] : []
  const running = runtimes.filter(({ state }) => state === 'running').length
  return [
    ...section(
      terminal,
      say('Agents ({})', countsIn(language, agentCounts(agents))),
      sightingTable(agents, terminal, language),
    ),
    ...(runtimes.length === 0
      ? []
      : section(terminal, say('Model runtimes ({} running)', running), sightingTable(runtimes, terminal, language))),
    ...section(terminal, say('Extensions ({}, {} of them AI)', extensions.length, ai.length), [
      ...sightingTable(ai, terminal, language),
      ...rest,
    ]),
    '',
    ...COUNTED_KINDS.flatMap((kind) => countLines(kind, ofKind(sightings, kind), { terminal, language })),
  ]
}

/** Kinds without a table in the status. */
const COUNTED_KINDS = ['mcp-server', 'agent-file'] as const satisfies readonly SightingKind[]
const COUNTED_NAMES = { 'mcp-server': 'MCP servers', 'agent-file': 'Agent files' } as const

function countLines(
  kind: keyof typeof COUNTED_NAMES,
  sightings: readonly Sighting[],
  { terminal, language }: { readonly terminal: Terminal; readonly language: Language },
): string[] {
  const { command } = KIND_VIEWS[kind]
  const label = sayIn(language)(COUNTED_NAMES[kind])
  const counts = countsIn(language, riskCounts(sightings))
  return hanging(terminal, `${label}  `, LABEL_WIDTH, `${counts} (surety ${command})`)
}

function ofKind<K extends SightingKind>(sightings: readonly Sighting[], wanted: K): SightingOf<K>[] {
  // The filter leaves only sightings of this kind.
  return sightings.filter(({ kind }) => kind === wanted) as SightingOf<K>[]
}

function sightingTable(sightings: readonly Sighting[], terminal: Terminal, language: Language): string[] {
  const [first] = sightings
  if (first === undefined) return []
  const { heading } = KIND_VIEWS[first.kind]
  const rows = inOrder(sightings).map((sighting) => rowIn(language, sightingRow(sighting), heading))
  return table(rows, terminal, { heading: headingIn(language, heading) })
}

/** Names the sources that could not be read. */
function unreadLines({ sources }: Status, terminal: Terminal, language: Language): string[] {
  const say = sayIn(language)
  const unread = sources.flatMap(({ state, ...source }) =>
    state === 'parsed' || state === 'absent' ? [] : [{ ...source, state }],
  )
  if (unread.length === 0) return section(terminal, say('Sources ({}, none unreadable)', sources.length), [])
  return section(
    terminal,
    say('Sources ({} of {} could not be read)', unread.length, sources.length),
    unread.flatMap(({ source, path, state, reason }) => {
      const why = reason === undefined ? '' : `: ${findingIn(language, reason)}`
      return hanging(terminal, `  ${say(state)}`, 14, `${path ?? source}${why}`, 'warning')
    }),
  )
}

/** What the person at the device has to act on comes before what its administrators see in the directory. */
function healthLines(status: Status, terminal: Terminal, language: Language): string[] {
  const { open, elsewhere } = openWarnings(status, language)
  const say = sayIn(language)
  // The remedies are of the daemon, in English.
  const lines = (all: readonly { readonly code: string; readonly remedy: string; readonly text?: string }[]) =>
    all.flatMap(({ code, remedy, text = '' }) =>
      hanging(terminal, `  ${printable(code)}  `, 0, language === 'en' ? remedy : text, 'warning'),
    )
  return [
    ...(open.length === 0 ? [] : section(terminal, say('Action needed'), lines(open))),
    ...(elsewhere.length === 0 ? [] : section(terminal, say('For your administrators'), lines(elsewhere))),
  ]
}

function leftOutLines({ leftOut }: Status, terminal: Terminal, say: Say): string[] {
  if (leftOut === undefined) return []
  const text = say(
    '{} items and {} sources do not fit into one answer and are not shown. The directory has all of them.',
    leftOut.sightings,
    leftOut.sources,
  )
  return ['', ...wrapped(terminal, text)]
}

function section(terminal: Terminal, title: string, lines: readonly string[]): string[] {
  return ['', ...wrapped(terminal, title), ...lines]
}
