import type { Command } from 'commander'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { foldName } from '../../base/text/fold-name.ts'
import { printable } from '../../base/text/printable.ts'
import { RULES_MAX_BYTES, readRulesFile } from '../../directory/rule-set/rules-file.ts'
import {
  type RulesTest,
  type RulesView,
  rulesHistoryReader,
  rulesTestReader,
  rulesViewReader,
} from '../../protocol/api/rules.ts'
import type { Terminal } from '../../view/terminal.ts'
import {
  answer,
  answerList,
  type CommandComponents,
  type CommonOptions,
  openApi,
  queryOf,
  withApiOptions,
  withCommonOptions,
} from '../command/command-line.ts'
import { countOf } from '../command/format.ts'
import { readTextFile } from '../command/read-text-file.ts'
import { readVersion, section, versionLines, yamlLines } from './version-words.ts'

interface SetOptions extends CommonOptions {
  readonly force?: boolean
}

export function addRulesCommands(program: Command, components: CommandComponents): void {
  const rules = program
    .command('rules')
    .description('rules that decide about unregistered agents automatically: a YAML file with versions')
    .addHelpText(
      'after',
      `
Examples:
  $ surety-directory rules show > rules.yaml             the rules in use, to be changed
  $ surety-directory rules check rules.yaml              are they sound? Needs no directory
  $ surety-directory rules test rules.yaml               what they would decide about what is there now
  $ surety-directory rules set rules.yaml
  $ surety-directory rules rollback 3`,
    )
  withApiOptions(rules.command('show').description('the rules in use, as YAML'))
    .argument('[version]', 'an earlier version; 0 is no rules', readVersion)
    .action(async (version: number | undefined, options: CommonOptions) => {
      const api = await openApi(components, options)
      const view = await api.ask('GET', `/rules${queryOf({ version })}`, rulesViewReader)
      answer(components, options, { schema: 'surety-directory/rules@1', rules: view }, () => yamlLines(view.rules))
      if (view.refused !== undefined) components.err(`surety-directory: not in use: ${printable(view.refused)}\n`)
    })
  withCommonOptions(rules.command('check').description('is a file sound? Asks no directory').argument('<file>')).action(
    async (file: string, options: CommonOptions) => {
      const { rules: read } = checked(file, await readRules(file))
      const words = `${file} is sound: ${read.length === 1 ? '1 rule' : `${read.length} rules`}`
      answer(components, options, { schema: 'surety-directory/rules-check@1', rules: read.length }, () => [
        printable(words),
      ])
    },
  )
  withApiOptions(
    rules
      .command('test')
      .description('what a file would decide about the agents that are there now')
      .argument('<file>'),
  ).action(async (file: string, options: CommonOptions) => {
    const text = await readRules(file)
    checked(file, text)
    const api = await openApi(components, options)
    const test = await api.ask('POST', '/rules/test', rulesTestReader, { rules: text })
    answer(components, options, { schema: 'surety-directory/rules-test@1', test }, () =>
      testLines(test, components.terminal),
    )
  })
  withApiOptions(rules.command('set').description('use a file from now on').argument('<file>'))
    .option('--force', 'although the rules are broad')
    .action(async (file: string, options: SetOptions) => {
      const text = await readRules(file)
      checked(file, text)
      const api = await openApi(components, options)
      const body = { rules: text, force: options.force === true }
      tellSet(components, options, await api.ask('PUT', '/rules', rulesViewReader, body))
    })
  withApiOptions(rules.command('history').description('versions: who set them and when')).action(
    (options: CommonOptions) =>
      answerList(components, options, {
        path: '/rules/history',
        member: 'versions',
        schema: 'rules-history',
        none: 'no versions',
        reader: rulesHistoryReader,
        lines: (versions) => versionLines(versions, components.terminal),
      }),
  )
  withApiOptions(rules.command('rollback').description('use an earlier version again, as a new one'))
    .argument('<version>', 'its number in `rules history`; 0 is no rules', readVersion)
    .option('--force', 'although the rules are broad')
    .action(async (version: number, options: SetOptions) => {
      const api = await openApi(components, options)
      const body = { version, force: options.force === true }
      tellSet(components, options, await api.ask('POST', '/rules/rollback', rulesViewReader, body))
    })
}

function readRules(file: string): Promise<string> {
  return readTextFile(file, { maxBytes: RULES_MAX_BYTES })
}

function checked(file: string, text: string) {
  try {
    return readRulesFile(text, foldName)
  } catch (cause) {
    throw new SuretyError(codeOf(cause) ?? 'INPUT_MALFORMED', `${file}: ${describeError(cause)}`, { cause })
  }
}

function tellSet(components: CommandComponents, options: CommonOptions, view: RulesView): void {
  const { version, forced } = view
  const note = forced === true ? ', although they are broad' : ''
  answer(components, options, { schema: 'surety-directory/rules@1', rules: view }, () => [
    `version ${version} of the rules is in use${note}. See what they decide: surety-directory events list --kind rule-decided`,
  ])
}

/** Most of what rules decide is of interest as a number. `--json` has all that the directory names. */
const SHOWN_CHANGES = 20

function testLines(test: RulesTest, terminal: Terminal): readonly string[] {
  const { agents, unknown, rules, undecided, changes, warnings, tooBroad } = test
  const decided = rules.filter(({ action }) => action !== 'ask').reduce((sum, { decides }) => sum + decides, 0)
  return [
    `there now: ${countOf(agents, 'agent')}, ${countOf(unknown)} of them unknown; the rules would decide about ${countOf(decided)}`,
    ...section(
      terminal,
      ['RULE', 'DOES', 'DECIDES', 'NO OWNER', 'ALREADY DECIDED'],
      rules.map((one) => [one.rule, one.action, `${one.decides}`, `${one.withoutOwner}`, `${one.fitsDecided}`]),
    ),
    ...(undecided === 0 ? [] : ['', `left to a human: ${countOf(undecided, 'unknown agent')} without a rule`]),
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
