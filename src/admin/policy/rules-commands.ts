import type { Command } from 'commander'
import { foldName } from '../../base/text/fold-name.ts'
import { printable } from '../../base/text/printable.ts'
import { RULES_MAX_BYTES, readRulesFile } from '../../directory/rule-set/rules-file.ts'
import { type RulesTest, rulesTestReader, rulesText } from '../../protocol/nouns/directory/rules.ts'
import type { Terminal } from '../../view/terminal.ts'
import type { CommandComponents } from '../command/command-line.ts'
import { countOf } from '../command/format.ts'
import { addVersionedText, section } from './versioned-text.ts'

export function addRulesCommands(program: Command, components: CommandComponents): void {
  addVersionedText(program, components, {
    schemas: rulesText,
    about: 'rules that decide about unregistered agents automatically: a YAML file with versions',
    examples: `
Examples:
  $ surety-directory rules show > rules.yaml             the rules in use, to be changed
  $ surety-directory rules check rules.yaml              are they valid? Needs no directory
  $ surety-directory rules test rules.yaml               what they would decide about what is there now
  $ surety-directory rules set rules.yaml
  $ surety-directory rules rollback 3`,
    first: 'no rules',
    forcedThough: 'the rules are broad',
    maxBytes: RULES_MAX_BYTES,
    read: (text) => readRulesFile(text, foldName).rules,
    counts: (rules) => ({
      document: { rules: rules.length },
      words: rules.length === 1 ? '1 rule' : `${rules.length} rules`,
    }),
    setWords({ version, forced }) {
      const note = forced === true ? ', although they are broad' : ''
      return `version ${version} of the rules is in use${note}. See what they decide: surety-directory events list --kind rule-decided`
    },
    test: {
      about: 'what a file would decide about the agents that are there now',
      reader: rulesTestReader,
      lines: testLines,
    },
  })
}

/** Most of what rules decide is of interest as a number. `--json` has all that the directory names. */
const SHOWN_CHANGES = 20

function testLines(test: RulesTest, terminal: Terminal): readonly string[] {
  const { agents, unknown, rules, undecided, changes, warnings, tooBroad } = test
  const decided = rules.filter(({ action }) => action !== 'ask').reduce((sum, { decides }) => sum + decides, 0)
  return [
    `there now: ${countOf(agents, 'agent')}, ${countOf(unknown)} of them unregistered; the rules would decide about ${countOf(decided)}`,
    ...section(
      terminal,
      ['RULE', 'DOES', 'DECIDES', 'NO OWNER', 'ALREADY DECIDED'],
      rules.map((one) => [one.rule, one.action, `${one.decides}`, `${one.withoutOwner}`, `${one.fitsDecided}`]),
    ),
    ...(undecided === 0 ? [] : ['', `left to a person: ${countOf(undecided, 'unregistered agent')} without a rule`]),
    ...section(
      terminal,
      ['DEVICE', 'AGENT', 'USER', 'RULE', 'DOES'],
      changes
        .slice(0, SHOWN_CHANGES)
        .map(({ device, hostname, item, user, rule, action }) => [hostname ?? device, item, user ?? '-', rule, action]),
    ),
    ...(decided > SHOWN_CHANGES ? [`… and ${decided - SHOWN_CHANGES} more`] : []),
    ...warnings.map((warning) => `warning: ${printable(warning)}`),
    ...(tooBroad === undefined ? [] : [`it would be refused: ${printable(tooBroad)}`]),
  ]
}
