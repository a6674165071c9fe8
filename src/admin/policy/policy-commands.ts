import { type Command, InvalidArgumentError } from 'commander'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { printable } from '../../base/text/printable.ts'
import { DEFAULT_POLICY } from '../../directory/policy/policy.ts'
import { readPolicyFile } from '../../directory/policy/policy-file.ts'
import { POLICY_MAX_BYTES } from '../../directory/policy/policy-yaml.ts'
import {
  POLICY_TEST_MAX_DAYS,
  type PolicyTest,
  type PolicyView,
  policyHistoryReader,
  policyTestReader,
  policyViewReader,
} from '../../protocol/api/policy.ts'
import { VERDICTS } from '../../protocol/messages/attestation-result.ts'
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
import { parseDuration, timeOf } from '../command/format.ts'
import { readTextFile } from '../command/read-text-file.ts'
import { readVersion, section, versionLines, yamlLines } from './version-words.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

interface SetOptions extends CommonOptions {
  readonly force?: boolean
}

export function addPolicyCommands(program: Command, components: CommandComponents): void {
  const policy = program
    .command('policy')
    .description('what devices must be: a YAML file with versions')
    .addHelpText(
      'after',
      `
Examples:
  $ surety-directory policy show > policy.yaml           the policy in use, to be changed
  $ surety-directory policy check policy.yaml            is it sound? Needs no directory
  $ surety-directory policy test policy.yaml --against 7d
  $ surety-directory policy set policy.yaml
  $ surety-directory policy rollback 3`,
    )
  withApiOptions(policy.command('show').description('the policy in use, as YAML'))
    .argument('[version]', 'an earlier version; 0 is the default', readVersion)
    .action(async (version: number | undefined, options: CommonOptions) => {
      const view = await viewOf(components, options, version)
      answer(components, options, { schema: 'surety-directory/policy@1', policy: view }, () => yamlLines(view.policy))
      if (view.refused !== undefined) components.err(`surety-directory: not in use: ${printable(view.refused)}\n`)
    })
  withCommonOptions(
    policy.command('check').description('is a file sound? Asks no directory').argument('<file>'),
  ).action(async (file: string, options: CommonOptions) => {
    const { document } = checked(file, await readPolicy(file))
    const counts = { groups: document.groups.length, exemptions: document.exemptions.length }
    const words = `${file} is sound: ${counted(counts.groups, 'group')}, ${counted(counts.exemptions, 'exemption')}`
    answer(components, options, { schema: 'surety-directory/policy-check@1', ...counts }, () => [printable(words)])
  })
  withApiOptions(
    policy.command('test').description('what a file would change, and would have changed').argument('<file>'),
  )
    .option('--against <time>', `also the last 24h, 7d, up to ${POLICY_TEST_MAX_DAYS}d`, readAgainst)
    .action(async (file: string, options: CommonOptions & { readonly against?: number }) => {
      const text = await readPolicy(file)
      checked(file, text)
      const api = await openApi(components, options)
      const { against: againstMs = 0 } = options
      const test = await api.ask('POST', '/policy/test', policyTestReader, { policy: text, againstMs })
      answer(components, options, { schema: 'surety-directory/policy-test@1', test }, () =>
        testLines(test, components.terminal),
      )
    })
  withApiOptions(policy.command('set').description('use a file from now on').argument('<file>'))
    .option('--force', 'although every device would fail')
    .action(async (file: string, options: SetOptions) => {
      const text = await readPolicy(file)
      checked(file, text)
      const api = await openApi(components, options)
      const force = options.force === true
      tellSet(components, options, await api.ask('PUT', '/policy', policyViewReader, { policy: text, force }))
    })
  withApiOptions(policy.command('history').description('versions: who set them and when')).action(
    (options: CommonOptions) =>
      answerList(components, options, {
        path: '/policy/history',
        member: 'versions',
        schema: 'policy-history',
        none: 'no versions',
        reader: policyHistoryReader,
        lines: (versions) => versionLines(versions, components.terminal),
      }),
  )
  withApiOptions(policy.command('rollback').description('use an earlier version again, as a new one'))
    .argument('<version>', 'its number in `policy history`; 0 is the default', readVersion)
    .option('--force', 'although every device would fail')
    .action(async (version: number, options: SetOptions) => {
      const api = await openApi(components, options)
      const body = { version, force: options.force === true }
      tellSet(components, options, await api.ask('POST', '/policy/rollback', policyViewReader, body))
    })
}

async function viewOf(components: CommandComponents, options: CommonOptions, version: number | undefined) {
  const api = await openApi(components, options)
  return api.ask('GET', `/policy${queryOf({ version })}`, policyViewReader)
}

function readPolicy(file: string): Promise<string> {
  return readTextFile(file, { maxBytes: POLICY_MAX_BYTES })
}

/** The directory checks again: it also knows how often its devices attest. */
function checked(file: string, text: string) {
  try {
    return readPolicyFile(text, { defaults: DEFAULT_POLICY })
  } catch (cause) {
    throw new SuretyError(codeOf(cause) ?? 'INPUT_MALFORMED', `${file}: ${describeError(cause)}`, { cause })
  }
}

function tellSet(components: CommandComponents, options: CommonOptions, view: PolicyView): void {
  const { version, forced, toAppraise = 0 } = view
  const note = forced === true ? ', although every device fails it' : ''
  answer(components, options, { schema: 'surety-directory/policy@1', policy: view }, () => [
    `version ${version} of the policy is in use${note}; re-evaluating ${counted(toAppraise, 'device')}`,
  ])
}

/** Most of what changes is of interest as a number. `--json` has all that the directory names. */
const SHOWN_CHANGES = 20

function testLines(test: PolicyTest, terminal: Terminal): readonly string[] {
  const { devices, changed, changes, checks, groups, current, proposed, againstMs, warnings, failsEveryDevice } = test
  const verdicts = VERDICTS.map((verdict) => [verdict, `${current.now[verdict]}`, `${proposed.now[verdict]}`])
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
