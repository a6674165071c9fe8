import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { printableJson } from '../../base/text/printable.ts'
import { similarWords } from '../../base/text/similar-words.ts'
import { CHECKS, type Check, isCheck } from '../../checks/checks.ts'
import { explainedCode, explainedLines } from '../../command-line/explain-code.ts'
import { exampleLines } from '../../command-line/program.ts'
import { explanationOf, type Finding } from '../../protocol/finding.ts'
import type { Status, Support } from '../../protocol/messages/control.ts'
import {
  checkText,
  headlineOf,
  type Language,
  type Remedy,
  remedyOf,
  systemsOf,
} from '../../view/checks/check-catalogue.ts'
import { FINDING_WORDS } from '../../view/checks/finding-words.ts'
import { findingIn } from '../../view/checks/findings-german.ts'
import { uncheckedAdvice } from '../../view/checks/unchecked-texts.ts'
import { durationIn, type Phrase, type Say, sayIn } from '../../view/phrases.ts'
import { hanging, type Terminal } from '../../view/terminal.ts'
import { directoryTime, verdictOf } from '../../view/verdict-now.ts'
import { VERDICT_TITLES } from '../../view/verdict-titles.ts'
import {
  type CliComponents,
  type CliInit,
  type CommandInit,
  languageFor,
  optionsOf,
} from '../command/cli-components.ts'
import type { DaemonClient } from '../command/daemon-client.ts'

/** `surety explain` and `surety check`. */
export function addCheckCommands(components: CliComponents, init: CommandInit): void {
  const { out, daemonAt, now } = components
  const { terminal, command } = init
  const lines = (all: readonly string[]) => out(`${all.join('\n')}\n`)
  const json = (value: object) => out(`${printableJson(value, 2)}\n`)

  command('explain', 'explain a check (why it matters, its state here, and the steps if it failed) or an error code')
    .argument('<check or code>', 'name of a check, such as disk.root-encrypted, or an error code, such as TIER_TOO_LOW')
    .option('--lang <language>', 'en or de; default: the locale')
    .addHelpText(
      'after',
      exampleLines(
        'surety explain disk.root-encrypted',
        'surety explain TIER_TOO_LOW',
        'surety explain session.screen-lock --lang de',
      ),
    )
    .action(async (name: string, _, made: Command) => {
      const options = optionsOf(made)
      const code = explainedCode(name)
      if (code !== undefined) {
        if (options.json === true) json({ schema: 'surety/error-explanation@1', ...code })
        else lines(explainedLines(code, terminal))
        return
      }
      const check = checkNamed(name)
      // The text helps also while the daemon does not run.
      const status = await daemonAt(options.socket)
        .status()
        .catch(() => undefined)
      const explained = explain(check, status, languageFor(options, init), init)
      if (options.json === true) json({ schema: 'surety/explanation@1', ...explained })
      else {
        const nowMs = status === undefined ? 0 : directoryTime(status, now())
        lines(explanationLines(explained, { terminal, nowMs, language: languageFor(options, init) }))
      }
    })

  command('check', 'run the checks now and print what changed')
    .argument('[check]', 'print only this check')
    .option('--wait', 'also wait for the new verdict of the directory, for 15 s at most')
    .option('--lang <language>', 'en or de; default: the locale')
    .addHelpText('after', exampleLines('surety check --wait', 'surety check network.firewall'))
    .action(async (name: string | undefined, _, made: Command) => {
      const options = optionsOf(made)
      const check = name === undefined ? undefined : checkNamed(name)
      const language = languageFor(options, init)
      const checked = await checkNow(components, daemonAt(options.socket), {
        check,
        wait: made.opts<{ wait?: boolean }>().wait === true,
      })
      if (options.json === true) json({ schema: 'surety/check@1', ...checkedDocument(checked) })
      else lines(checkedLines(checked, { terminal, language }))
    })
}

/** @throws `NOT_FOUND` with the names of all checks. */
export function checkNamed(name: string): Check {
  if (isCheck(name)) return name
  const near = similarWords(name, CHECKS)
  throw new SuretyError(
    'NOT_FOUND',
    `no check is named ${JSON.stringify(name.slice(0, 64))}. ${near.length === 0 ? 'The checks' : 'Similar'}: ${(near.length === 0 ? CHECKS : near).join(', ')}`,
  )
}

export interface Explanation extends Partial<Pick<Remedy, 'panel' | 'minutes'>> {
  readonly check: Check
  readonly title: string
  readonly why: string
  /** Empty unless the check failed here. */
  readonly steps: Remedy['steps']
  /** What to do about a check that could not be made. */
  readonly advice?: readonly string[]
  readonly weight: 'required' | 'advisory' | 'not in the verdict'
  readonly since?: number
  readonly finding?: Finding
  readonly support?: Support
}

export function explain(
  check: Check,
  status: Status | undefined,
  language: Language,
  { desktop, platform }: Pick<CliInit, 'desktop' | 'platform'>,
): Explanation {
  const { title, why } = checkText(check, language)
  const finding = status?.findings.find((one) => one.check === check)
  const reason = status?.result?.reasons.find((one) => one.check === check)
  const systems = systemsOf(status?.inventory?.osName, desktop, platform)
  const { state } = finding ?? {}
  return {
    check,
    title,
    why,
    steps: [],
    ...(state === 'fail' ? remedyOf({ check, state }, language, systems) : {}),
    ...(finding?.state === 'unknown'
      ? {
          advice: uncheckedAdvice(finding.reason, {
            language,
            contact: status?.support?.contact,
            isEnrolled: status?.enrolment === 'enrolled',
          }),
        }
      : {}),
    weight: reason === undefined ? 'not in the verdict' : reason.advisory === true ? 'advisory' : 'required',
    ...(reason?.since === undefined ? {} : { since: reason.since }),
    ...(finding === undefined ? {} : { finding }),
    ...(status?.support === undefined ? {} : { support: status.support }),
  }
}

const WORDS = {
  'not in the verdict': 'no: not part of the verdict',
  advisory: 'advisory: does not count for the verdict',
  required: 'required: the verdict is not compliant without it',
} as const

interface ExplanationView {
  readonly terminal: Terminal
  /** By the directory's clock. */
  readonly nowMs: number
  readonly language: Language
}

export function explanationLines(explained: Explanation, { terminal, nowMs, language }: ExplanationView): string[] {
  const { check, title, why, steps, advice = [], panel, minutes, weight, since, finding, support } = explained
  const say = sayIn(language)
  const line = (label: Phrase | '', text: string) =>
    hanging(terminal, label === '' ? '' : `  ${say(label)}`, LABEL_WIDTH, text)
  const state =
    finding === undefined
      ? say('not known. Steps are shown once the check has failed here.')
      : `${say(FINDING_WORDS[finding.state])}: ${findingIn(language, explanationOf(finding))}`
  return [
    // The title says what holds when the check passes.
    ...hanging(terminal, '', 0, `${headlineOf(check, finding?.state ?? 'pass', language) ?? title} (${check})`),
    ...line('Why', why),
    ...line('Now', state),
    ...line('Counts', say(WORDS[weight])),
    ...(since === undefined ? [] : line('Since', say('{} ago', durationIn(say, since, nowMs)))),
    ...(minutes === undefined ? [] : line('Takes', say('about {} minutes', minutes))),
    ...advice.flatMap((text, index) => line(index === 0 ? 'To do' : '', text)),
    ...steps.flatMap((step, index) => {
      const label = (index === 0 ? `  ${say('Steps')}` : '').padEnd(LABEL_WIDTH)
      return hanging(terminal, `${label}${index + 1}. `, 0, step)
    }),
    ...(panel === undefined ? [] : line('Open', panel)),
    ...line('Then', `surety check ${check} --wait`),
    ...(support?.contact === undefined ? [] : line('Support', support.contact)),
    ...(support?.url === undefined ? [] : line('Help', support.url)),
  ]
}

const LABEL_WIDTH = 10

/** Documents are in English. */
function checkedDocument({ verdict, ...checked }: Checked): object {
  return { ...checked, ...(verdict === undefined ? {} : { verdict: verdictText(verdict, sayIn('en')) }) }
}

interface Checked {
  readonly changes: readonly { readonly check: string; readonly before: Finding | undefined; readonly now: Finding }[]
  /** The findings that were asked for. */
  readonly findings: readonly Finding[]
  readonly verdict?: { readonly title: VerdictTitle; readonly isCurrent: boolean }
}

const POLL_MS = 500
const VERDICT_WAIT_MS = 15_000

async function checkNow(
  { now, pause }: Pick<CliComponents, 'now' | 'pause'>,
  daemon: DaemonClient,
  { check, wait }: { readonly check: Check | undefined; readonly wait: boolean },
): Promise<Checked> {
  const before = await daemon.status()
  const wanted = (finding: Finding) => check === undefined || finding.check === check
  const checked = await daemon.check()
  const findings = checked.findings.filter(wanted)
  const old = new Map(before.findings.map((finding) => [finding.check, finding]))
  const changes = findings
    .map((finding) => ({ check: finding.check, before: old.get(finding.check), now: finding }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.now))
  if (!wait) return { changes, findings }
  if (before.enrolment !== 'enrolled') {
    return { changes, findings, verdict: { title: 'NONE: this device is not enrolled', isCurrent: true } }
  }
  const { sequence } = checked
  const isCurrent = ({ spool }: Status) => sequence !== undefined && spool.acknowledged >= sequence
  let status = await daemon.status()
  const poll = async () => {
    await pause(POLL_MS, { signal: AbortSignal.timeout(VERDICT_WAIT_MS) })
    status = await daemon.status()
  }
  // The directory sends a result only if it changed, so the acknowledgement tells that the verdict is current.
  const most = sequence === undefined ? 0 : VERDICT_WAIT_MS / POLL_MS
  for (let polls = 0; polls < most && !isCurrent(status); polls++) await poll()
  // A changed result follows its acknowledgement at once.
  if (changes.length > 0 && isCurrent(status) && status.result?.appraisedAt === before.result?.appraisedAt) await poll()
  const title = VERDICT_TITLES[verdictOf(status, now())]
  return { changes, findings, verdict: { title, isCurrent: isCurrent(status) } }
}

type VerdictTitle = (typeof VERDICT_TITLES)[keyof typeof VERDICT_TITLES] | 'NONE: this device is not enrolled'

function verdictText({ title, isCurrent }: NonNullable<Checked['verdict']>, say: Say): string {
  return isCurrent ? say(title) : say('{} (no newer verdict yet)', say(title))
}

interface CheckedView {
  readonly terminal: Terminal
  readonly language: Language
}

function checkedLines({ changes, findings, verdict }: Checked, view: CheckedView): string[] {
  const say = sayIn(view.language)
  return [
    ...changedLines(changes, findings, view),
    ...(verdict === undefined ? [] : [say('Verdict: {}', verdictText(verdict, say))]),
  ]
}

function changedLines(
  changes: Checked['changes'],
  findings: readonly Finding[],
  { terminal, language }: CheckedView,
): readonly string[] {
  const say = sayIn(language)
  const word = ({ state }: Finding) => say(FINDING_WORDS[state])
  const text = (finding: Finding) => findingIn(language, explanationOf(finding))
  const line = (finding: Finding) => hanging(terminal, `  ${word(finding)}  ${finding.check}  `, 0, text(finding))
  const [only, ...others] = findings
  if (changes.length === 0) {
    return [say('Nothing changed.'), ...(only === undefined || others.length > 0 ? [] : line(only))]
  }
  // Right after a start the daemon has no earlier results, and everything would look changed.
  if (changes.every(({ before }) => before === undefined)) {
    const open = findings.filter(({ state }) => state !== 'pass')
    return [
      say('First results since the daemon started:'),
      ...open.flatMap(line),
      `  ${say('{} passed', findings.length - open.length)}`,
    ]
  }
  return [
    say('Changed:'),
    ...changes.flatMap(({ check, before, now }) => {
      const was = before === undefined ? say('none') : word(before)
      return hanging(terminal, `  ${was} -> ${word(now)}  ${check}  `, 0, text(now))
    }),
  ]
}
