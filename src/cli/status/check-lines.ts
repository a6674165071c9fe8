import { explanationOf, FINDING_STATES, type Finding, type FindingState } from '../../protocol/finding.ts'
import type { VerdictReason } from '../../protocol/messages/attestation-result.ts'
import type { Status } from '../../protocol/messages/control.ts'
import type { Language } from '../../view/checks/check-catalogue.ts'
import { headlineOf } from '../../view/checks/check-catalogue.ts'
import { FINDING_WORDS } from '../../view/checks/finding-words.ts'
import { findingIn } from '../../view/checks/findings-german.ts'
import { waitsForDrill } from '../../view/open-reasons.ts'
import { durationIn, type Phrase, type Say, sayIn } from '../../view/phrases.ts'
import { hanging, type Terminal, type Tone, toned, wrapped } from '../../view/terminal.ts'
import { wallTime } from '../../view/wall-time.ts'

interface CheckLinesInit {
  readonly terminal: Terminal
  /** By the directory's clock. */
  readonly nowMs: number
  readonly language: Language
}

/** A check as shown: a finding, or a reason of the verdict without one, such as `attestation`. */
interface Row {
  readonly check: string
  readonly state: FindingState
  readonly text: string
  readonly reason: VerdictReason | undefined
}

/** The checks of a status by their weight: what is required and not met first. Passes are only counted. */
export function checkLines({ findings, result }: Status, init: CheckLinesInit): string[] {
  const { terminal, language } = init
  const say = sayIn(language)
  const reasons = new Map<string, VerdictReason>(result?.reasons.map((reason) => [reason.check, reason]))
  const known = new Set<string>(findings.map(({ check }) => check))
  const rows: readonly Row[] = [
    ...(result?.reasons ?? [])
      .filter(({ check }) => !known.has(check))
      .map((reason) => ({ check: reason.check, state: reason.state, text: reason.reason, reason })),
    ...findings.map((finding) => rowOf(finding, reasons)),
  ].filter((row) => !waitsForDrill(row) || isRequired(row))
  if (rows.length === 0) return ['', say('Checks'), `  ${say('none yet')}`]
  const isOpen = ({ state, reason }: Row) => reason !== undefined || state === 'fail' || state === 'unknown'
  const open = rows.filter(isOpen)
  const group = (title: Phrase, members: readonly Row[]) =>
    members.length === 0
      ? []
      : ['', ...wrapped(terminal, say(title, members.length)), ...inOrder(members).flatMap(linesOf(init))]
  const passed = rows.filter((row) => row.state === 'pass' && !isOpen(row)).length
  const other = rows.filter((row) => row.state === 'not-applicable' && !isOpen(row)).length
  return [
    ...group('Required, not met ({})', open.filter(isRequired)),
    ...group(
      'Advisory, not met ({})',
      open.filter(({ reason }) => reason?.advisory === true),
    ),
    ...group(
      result === undefined ? 'Not met ({})' : 'Not in the verdict ({})',
      open.filter(({ reason }) => reason === undefined),
    ),
    '',
    ...wrapped(
      terminal,
      [
        say('Passed: {} of {}', passed, rows.length),
        other === 0 ? '' : say('; {} not applicable', other),
        say('. For one check: surety explain CHECK'),
      ].join(''),
    ),
  ]
}

function isRequired({ reason }: Row): boolean {
  return reason !== undefined && reason.advisory !== true
}

function rowOf(finding: Finding, reasons: ReadonlyMap<string, VerdictReason>): Row {
  const reason = reasons.get(finding.check)
  // A reason is older than a finding of another state: the directory has not answered yet.
  const holds = reason?.state === finding.state
  return {
    check: finding.check,
    state: finding.state,
    text: explanationOf(finding),
    reason: holds ? reason : undefined,
  }
}

function inOrder(rows: readonly Row[]): readonly Row[] {
  return FINDING_STATES.flatMap((state) => rows.filter((row) => row.state === state))
}

const STATE_TONES: Readonly<Record<FindingState, Tone>> = {
  fail: 'bad',
  unknown: 'warning',
  'not-applicable': 'faint',
  pass: 'good',
}

/** What is wrong in plain words, then what was found. Why it matters and the steps are in `surety explain`. */
function linesOf({ terminal, nowMs, language }: CheckLinesInit): (row: Row) => string[] {
  const say = sayIn(language)
  return ({ check, state, text, reason }) => {
    const word = say(FINDING_WORDS[state])
    const head = `  ${(state === 'unknown' ? `${word}:` : word).padEnd(STATE_WIDTH)} `
    // What could not be checked is named by what a pass would say.
    const headline = headlineOf(check, state === 'unknown' ? 'pass' : state, language)
    const notes = notesOf(reason, nowMs, say)
    const named = headline === undefined ? [check, ...notes] : [`${headline} (${[check, ...notes].join(', ')})`]
    const [first = '', ...more] = hanging(terminal, head, head.length, named.join(', '))
    return [
      first.replace(word, toned(terminal, STATE_TONES[state], word)),
      ...more,
      ...hanging(terminal, '', head.length, findingIn(language, text)),
    ]
  }
}

const STATE_WIDTH = 8

/** Since when, and until when a failure does not count. */
function notesOf(reason: VerdictReason | undefined, nowMs: number, say: Say): readonly string[] {
  const { since, graceUntil, exemptUntil } = reason ?? {}
  return [
    ...(exemptUntil === undefined ? [] : [say('exempt until {}', wallTime(exemptUntil))]),
    ...(graceUntil === undefined ? [] : [say('does not count until {}', wallTime(graceUntil))]),
    ...(since === undefined ? [] : [say('for {}', durationIn(say, since, nowMs))]),
  ]
}
