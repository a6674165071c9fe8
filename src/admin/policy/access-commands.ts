import { type Command, InvalidArgumentError } from 'commander'
import { parseDuration } from '../../base/text/duration.ts'
import { POLICY_MAX_BYTES } from '../../cedar/scan-policy.ts'
import { readAccessPolicy } from '../../directory/access-policy/read-access-policy.ts'
import {
  ACCESS_TEST_MAX_DAYS,
  type AccessTest,
  accessTestReader,
  accessText,
} from '../../protocol/nouns/directory/access.ts'
import type { Terminal } from '../../view/terminal.ts'
import type { CommandComponents, CommonOptions } from '../command/command-line.ts'
import { countOf } from '../command/format.ts'
import { cedarCounts, findingLines, summaryLines } from './cedar-words.ts'
import { addVersionedText, section } from './versioned-text.ts'

const DAY_MS = 86_400_000

interface TestOptions extends CommonOptions {
  readonly against?: number
}

export function addAccessCommands(program: Command, components: CommandComponents): void {
  addVersionedText(program, components, {
    schemas: accessText,
    called: 'access policy',
    format: 'Cedar',
    about: 'what agents and people may do: policies in Cedar, with versions',
    examples: `
Examples:
  $ surety-directory access show > access.cedar          the policy in use, to be changed
  $ surety-directory access check access.cedar           is it valid? Needs no directory
  $ surety-directory access test access.cedar --against 7d
  $ surety-directory access set access.cedar --reason "data sets for the new team"
  $ surety-directory access rollback 3`,
    first: 'the default',
    forcedThough: 'it denies or permits everything',
    maxBytes: POLICY_MAX_BYTES,
    read: (text) => readAccessPolicy(text),
    counts: cedarCounts,
    setWords({ version, forced }) {
      const note = forced === true ? ', although its test advises against it' : ''
      return `version ${version} of the access policy is in use${note}`
    },
    test: {
      about: 'what a file permits and forbids, and how it would have answered',
      withOptions: (command) =>
        command.option(
          '--against <time>',
          `answer the questions of the last 24h, 7d, up to ${ACCESS_TEST_MAX_DAYS}d, from what is known now`,
          readAgainst,
        ),
      request: ({ against = 0 }: TestOptions) => ({ againstMs: against }),
      reader: accessTestReader,
      lines: testLines,
    },
  })
}

/** Most of what changes is of interest as a number. `--json` has all that the directory names. */
const SHOWN_CHANGES = 20

function testLines(test: AccessTest, terminal: Terminal): readonly string[] {
  const { againstMs, questions, current, proposed, changed, changes } = test
  return [
    ...summaryLines(test),
    ...(againstMs === 0
      ? []
      : [`asked in that time: ${countOf(questions, 'question')}; ${countOf(changed)} would change`]),
    ...(againstMs === 0
      ? []
      : section(
          terminal,
          ['ANSWER', 'IN USE', 'THIS FILE'],
          [
            ['allowed', `${current.allowed}`, `${proposed.allowed}`],
            ['denied', `${current.denied}`, `${proposed.denied}`],
          ],
        )),
    ...section(
      terminal,
      ['SUBJECT', 'AGENT', 'DEVICE', 'ACTION', 'RESOURCE', 'TIMES', 'THIS FILE', 'BY'],
      changes
        .slice(0, SHOWN_CHANGES)
        .map(({ subject, agent, device, action, resource, times, to, rules }) => [
          subject,
          agent ?? '-',
          device ?? '-',
          action,
          resource,
          `${times}`,
          to ? 'allows' : 'denies',
          rules.join(', ') || '-',
        ]),
    ),
    ...(changed > SHOWN_CHANGES ? [`… and ${changed - SHOWN_CHANGES} more`] : []),
    ...findingLines(test),
  ]
}

function readAgainst(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms > ACCESS_TEST_MAX_DAYS * DAY_MS) {
    throw new InvalidArgumentError(`a time such as 24h or 7d, at most ${ACCESS_TEST_MAX_DAYS}d`)
  }
  return ms
}
