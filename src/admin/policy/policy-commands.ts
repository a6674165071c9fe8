import { type Command, InvalidArgumentError } from 'commander'
import { parseDuration } from '../../base/text/duration.ts'
import { printable } from '../../base/text/printable.ts'
import { DEFAULT_POLICY } from '../../directory/policy/policy.ts'
import { readPolicyFile } from '../../directory/policy/policy-file.ts'
import { POLICY_MAX_BYTES } from '../../directory/policy/policy-yaml.ts'
import { VERDICT_WORDS, VERDICTS } from '../../protocol/messages/attestation-result.ts'
import {
  POLICY_TEST_MAX_DAYS,
  type PolicyTest,
  policyTestReader,
  policyText,
} from '../../protocol/nouns/directory/policy.ts'
import type { Terminal } from '../../view/terminal.ts'
import type { CommandComponents, CommonOptions } from '../command/command-line.ts'
import { timeOf } from '../command/format.ts'
import { addVersionedText, section } from './versioned-text.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

interface TestOptions extends CommonOptions {
  readonly against?: number
}

export function addPolicyCommands(program: Command, components: CommandComponents): void {
  addVersionedText(program, components, {
    schemas: policyText,
    about: 'what devices must be: a YAML file with versions',
    examples: `
Examples:
  $ surety-directory policy show > policy.yaml           the policy in use, to be changed
  $ surety-directory policy check policy.yaml            is it valid? Needs no directory
  $ surety-directory policy test policy.yaml --against 7d
  $ surety-directory policy set policy.yaml --reason "the audit asks for it"
  $ surety-directory policy rollback 3`,
    first: 'the default',
    forcedThough: 'every device would fail',
    maxBytes: POLICY_MAX_BYTES,
    read: (text) => readPolicyFile(text, { defaults: DEFAULT_POLICY }).document,
    counts({ groups, exemptions }) {
      const document = { groups: groups.length, exemptions: exemptions.length }
      return {
        document,
        words: `${counted(document.groups, 'group')}, ${counted(document.exemptions, 'exemption')}`,
      }
    },
    setWords({ version, forced, toAppraise = 0 }) {
      const note = forced === true ? ', although every device fails it' : ''
      return `version ${version} of the policy is in use${note}; re-evaluating ${counted(toAppraise, 'device')}`
    },
    test: {
      about: 'what a file would change, and would have changed',
      withOptions: (command) =>
        command.option('--against <time>', `also the last 24h, 7d, up to ${POLICY_TEST_MAX_DAYS}d`, readAgainst),
      request: ({ against = 0 }: TestOptions) => ({ againstMs: against }),
      reader: policyTestReader,
      lines: testLines,
    },
  })
}

/** Most of what changes is of interest as a number. `--json` has all that the directory names. */
const SHOWN_CHANGES = 20

function testLines(test: PolicyTest, terminal: Terminal): readonly string[] {
  const { devices, changed, changes, checks, groups, current, proposed, againstMs, warnings, failsEveryDevice } = test
  const verdicts = VERDICTS.map((verdict) => [
    VERDICT_WORDS[verdict],
    `${current.now[verdict]}`,
    `${proposed.now[verdict]}`,
  ])
  return [
    `${counted(devices, 'device')}; ${counted(changed, 'verdict')} would change now`,
    ...section(terminal, ['NOW', 'IN USE', 'THIS FILE'], verdicts),
    ...(againstMs === 0
      ? []
      : section(terminal, [`LAST ${lengthOf(againstMs)}`, 'IN USE', 'THIS FILE'], pastRows(test))),
    ...section(
      terminal,
      ['CHECK', 'FAILS IN USE', 'FAILS THIS FILE', 'IN GRACE', 'EXEMPT'],
      checks.map((one) => [one.check, `${one.current}`, `${one.proposed}`, `${one.inGrace}`, `${one.exempt}`]),
    ),
    ...section(
      terminal,
      ['GROUP', 'DEVICES'],
      groups.map(({ group, devices: n }) => [group, `${n}`]),
    ),
    ...section(
      terminal,
      ['DEVICE', 'OWNER', 'GROUP', 'FROM', 'TO', 'BECAUSE'],
      changes
        .slice(0, SHOWN_CHANGES)
        .map(({ device, owner, group, from, to, reasons }) => [
          device,
          owner,
          group ?? '-',
          from,
          to,
          becauseOf(reasons),
        ]),
    ),
    ...(changed > SHOWN_CHANGES ? [`… and ${changed - SHOWN_CHANGES} more`] : []),
    ...warnings.map((warning) => `warning: ${printable(warning)}`),
    ...(failsEveryDevice === undefined ? [] : [`it would be refused: ${printable(failsEveryDevice)}`]),
  ]
}

function pastRows({ current, proposed, devices }: PolicyTest): readonly (readonly string[])[] {
  const of = (name: string, value: (side: PolicyTest['current']) => string) => [name, value(current), value(proposed)]
  return [
    of('compliant all the time', ({ past }) => `${past.alwaysCompliant} of ${devices}`),
    of('changes of verdict', ({ past }) => `${past.changes}`),
    of('device-hours not compliant', ({ past }) => `${Math.round(past.notCompliantMs / HOUR_MS)}`),
  ]
}

function becauseOf(reasons: PolicyTest['changes'][number]['reasons']): string {
  const words = reasons
    .filter(({ advisory }) => advisory !== true)
    .map(({ check, graceUntil, exemptUntil }) => {
      if (exemptUntil !== undefined) return `${check} exempt until ${timeOf(exemptUntil)}`
      return graceUntil === undefined ? check : `${check} in grace until ${timeOf(graceUntil)}`
    })
  return words.join(', ') || '-'
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function lengthOf(ms: number): string {
  return ms % DAY_MS === 0 ? `${ms / DAY_MS}d` : `${Math.round(ms / HOUR_MS)}h`
}

function readAgainst(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms > POLICY_TEST_MAX_DAYS * DAY_MS) {
    throw new InvalidArgumentError(`a time such as 24h or 7d, at most ${POLICY_TEST_MAX_DAYS}d`)
  }
  return ms
}
