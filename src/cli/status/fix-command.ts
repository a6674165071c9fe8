import type { Command } from 'commander'
import { printableJson } from '../../base/text/printable.ts'
import { type Check, isCheck } from '../../checks/checks.ts'
import { exampleLines } from '../../command-line/program.ts'
import type { VerdictReason } from '../../protocol/messages/attestation-result.ts'
import type { Status } from '../../protocol/messages/control.ts'
import { type FailedCheck, type Language, whyPerson } from '../../view/checks/check-catalogue.ts'
import { fixNoteIn } from '../../view/checks/fix-notes-german.ts'
import { waitsForDrill } from '../../view/open-reasons.ts'
import { type Phrase, type Say, sayIn } from '../../view/phrases.ts'
import { hanging, type Terminal, wrapped } from '../../view/terminal.ts'
import { directoryTime } from '../../view/verdict-now.ts'
import { type CliComponents, type CommandInit, type Fix, languageFor, optionsOf } from '../command/cli-components.ts'
import { checkNamed, explain, explanationLines } from './check-commands.ts'

/** `surety fix`: makes the safe changes with consent, and prints the steps of all others. */
export function addFixCommand(components: CliComponents, init: CommandInit): void {
  const { out, daemonAt, now } = components
  const { terminal, command, platform } = init
  const changesNothing = Object.keys(components.fixes).length === 0
  const about = changesNothing
    ? 'print the steps for failed checks; surety changes nothing on this system'
    : 'fix failed checks where that is safe, and print the steps for the others'
  command('fix', about)
    .argument('[check]', 'only this check')
    .option('--yes', 'make the safe changes; without it nothing is changed')
    .option('--lang <language>', 'en or de; default: the locale')
    .addHelpText('after', fixExamples(platform))
    .action(async (name: string | undefined, _, made: Command) => {
      const options = optionsOf(made)
      const only = name === undefined ? undefined : checkNamed(name)
      const status = await daemonAt(options.socket).status()
      const consent = made.opts<{ yes?: boolean }>().yes === true
      const results: FixResult[] = []
      for (const open of openChecks(status, only)) {
        const { check, state } = open
        // What could not be checked may be in order: nothing is changed.
        if (state === 'unknown') results.push({ check, outcome: 'not-checked', notes: [] })
        else {
          const init = { safe: components.fixes[check], why: whyPerson(check, platform), consent }
          results.push(await fix({ check, state }, init))
        }
      }
      if (options.json === true) {
        out(`${printableJson({ schema: 'surety/fix@1', results }, 2)}\n`)
        return
      }
      const language = languageFor(options, init)
      const nowMs = directoryTime(status, now())
      const lines = results.flatMap((result) => [
        ...explanationLines(explain(result.check, status, language, init), { terminal, nowMs, language }),
        ...resultLines(result, { terminal, language }),
        '',
      ])
      const hasSteps = results.some(({ outcome }) => outcome === 'needs-human')
      const unchanged = changesNothing && consent && hasSteps ? wrapped(terminal, sayIn(language)(NOTHING_CHANGED)) : []
      out(`${[...lines, summary(results, only, sayIn(language)), ...unchanged].join('\n')}\n`)
    })
}

const NOTHING_CHANGED =
  'On this system surety changes nothing, so --yes had no effect. Follow the steps above.' satisfies Phrase

function fixExamples(platform: CommandInit['platform']): string {
  if (platform === 'windows' || platform === 'darwin')
    return exampleLines('surety fix', 'surety fix session.screen-lock')
  return exampleLines('surety fix', 'sudo surety fix os.automatic-updates --yes')
}

type OpenCheck = FailedCheck | { readonly check: Check; readonly state: 'unknown' }

/** Failed checks and then unknown ones, each in the order of the status: required ones first. */
function openChecks({ findings, result }: Status, only: Check | undefined): readonly OpenCheck[] {
  const reasons = new Map<string, VerdictReason>(result?.reasons.map((reason) => [reason.check, reason]))
  const isAdvisory = (check: Check) => reasons.get(check)?.advisory === true
  const isRequired = (check: Check) => reasons.has(check) && !isAdvisory(check)
  return findings
    .flatMap(({ check, state }): readonly OpenCheck[] =>
      isCheck(check) && (state === 'fail' || state === 'unknown') ? [{ check, state }] : [],
    )
    .filter(({ check }) => only === undefined || check === only)
    .filter((open) => only !== undefined || !waitsForDrill(open) || isRequired(open.check))
    .sort((a, b) => Number(isAdvisory(a.check)) - Number(isAdvisory(b.check)))
    .sort((a, b) => Number(a.state === 'unknown') - Number(b.state === 'unknown'))
}

interface FixResult {
  readonly check: Check
  readonly outcome: 'fixed' | 'needs-consent' | 'needs-human' | 'failed' | 'not-checked'
  /** What was or would be changed, or why a person is needed. */
  readonly notes: readonly string[]
}

interface FixInit {
  readonly safe: Fix | undefined
  /** Why a person is needed where nothing is safe. */
  readonly why: string
  readonly consent: boolean
}

async function fix({ check }: FailedCheck, { safe, why, consent }: FixInit): Promise<FixResult> {
  if (safe === undefined) return { check, outcome: 'needs-human', notes: [why] }
  const obstacle = await safe.obstacle()
  if (obstacle !== undefined) return { check, outcome: 'needs-human', notes: [obstacle] }
  if (!consent) return { check, outcome: 'needs-consent', notes: safe.changes }
  try {
    await safe.apply()
    return { check, outcome: 'fixed', notes: safe.changes }
  } catch (error) {
    return { check, outcome: 'failed', notes: [error instanceof Error ? error.message : 'failed'] }
  }
}

function resultLines(
  { check, outcome, notes }: FixResult,
  { terminal, language }: { readonly terminal: Terminal; readonly language: Language },
): string[] {
  const titles = {
    fixed: 'Changed',
    'needs-consent': 'With --yes, surety',
    'needs-human': 'Needs you, because',
    failed: 'FAILED',
  } as const
  // It has no notes: the advice above says all.
  if (outcome === 'not-checked') return []
  const title = sayIn(language)(titles[outcome])
  return notes.flatMap((note) => hanging(terminal, `  ${title}: `, 0, fixNoteIn(language, note, check)))
}

function summary(results: readonly FixResult[], only: Check | undefined, say: Say): string {
  if (results.length === 0) return only === undefined ? say('No check failed.') : say('{} did not fail.', only)
  const count = (outcome: FixResult['outcome']) => results.filter((result) => result.outcome === outcome).length
  const counts = [
    [count('fixed'), '{} changed'],
    [count('failed'), '{} failed'],
    [count('needs-consent'), '{} can be changed with --yes'],
    [count('needs-human'), count('needs-human') === 1 ? '1 needs you' : '{} need you'],
    [count('not-checked'), '{} could not be checked (nothing for you to do)'],
  ] as const
  return [
    `${counts.flatMap(([number, words]) => (number === 0 ? [] : [say(words, number)])).join(', ')}.`,
    ...(count('fixed') === 0 ? [] : [say('See the result with: surety check --wait')]),
  ].join(' ')
}
