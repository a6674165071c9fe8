import type { Command } from 'commander'
import { printable } from '../../base/text/printable.ts'
import { VERDICT_WORDS, VERDICTS } from '../../protocol/messages/attestation-result.ts'
import {
  type CheckCounts,
  checkListReader,
  type Summary,
  summaryReader,
} from '../../protocol/nouns/directory/directory.ts'
import { ADD_PERSON, NEW_PERSON } from '../../protocol/second-person.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { countOf, facts, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'

/** The fleet at a glance. */
export function addStatusCommands(program: Command, components: CommandComponents): void {
  withApiOptions(program.command('status').description('the fleet at a glance'))
    .addHelpText('after', examples('surety-directory status', 'surety-directory status --json'))
    .action(async (options: CommonOptions) => {
      const status = await (await openApi(components, options)).ask('GET', '/summary', summaryReader)
      answer(components, options, { schema: 'surety-directory/status@1', status }, () => statusLines(status))
    })

  const checks = program.command('checks').description('results of the checks on all devices')
  withFormat(withApiOptions(checks.command('list').description('each check with its numbers of devices')))
    .addHelpText('after', examples('surety-directory checks list', 'surety-directory checks list -o csv > checks.csv'))
    .action(async (options: FormatOptions) => {
      const { devices, items } = await (await openApi(components, options)).ask('GET', '/checks', checkListReader)
      await printList<CheckCounts>(components, options, {
        items,
        columns: CHECK_COLUMNS,
        idOf: ({ check }) => check,
        document: { schema: 'surety-directory/checks@1', devices, checks: items },
        footer: `${countOf(items.length, 'check')} on ${countOf(devices, 'device')}`,
      })
    })
}

const numberColumn = (
  heading: string,
  name: { [key in keyof CheckCounts]: CheckCounts[key] extends number ? key : never }[keyof CheckCounts],
): Column<CheckCounts> => ({
  heading,
  cell: (one) => countOf(one[name]),
  value: (one) => `${one[name]}`,
})

const CHECK_COLUMNS: readonly Column<CheckCounts>[] = [
  { heading: 'CHECK', cell: ({ check }) => check },
  {
    heading: 'WEIGHT',
    cell: ({ weight, differs }) => (differs ? `${weight}, differs in groups` : weight),
    value: ({ weight }) => weight,
  },
  numberColumn('PASS', 'pass'),
  numberColumn('FAIL', 'fail'),
  numberColumn('COULD NOT CHECK', 'unknown'),
  numberColumn('NOT APPLICABLE', 'notApplicable'),
  numberColumn('NOT REPORTED', 'notReported'),
  numberColumn('IN GRACE', 'inGrace'),
  numberColumn('EXEMPT', 'exempt'),
]

function statusLines(status: Summary): readonly string[] {
  const { devices, sightings, failingChecks, policy } = status
  const silent = devices.total - devices.connected
  const failing = failingChecks.map((one) => `${one.check} ${countOf(one.devices)}`).join(', ')
  return facts([
    [
      'DEMONSTRATION',
      status.demonstration &&
        `all of this is made up, on ${timeOf(status.demonstration.createdAt)}; no device can enrol`,
    ],
    ['devices', `${countOf(devices.total)}, and ${countOf(devices.retired)} retired`],
    [
      'verdicts',
      VERDICTS.map((verdict) => `${countOf(devices.byVerdict[verdict])} ${VERDICT_WORDS[verdict]}`).join(', '),
    ],
    ['connected', `${countOf(devices.connected)}, ${countOf(silent)} silent`],
    ['forked', devices.forked === 0 ? undefined : `${countOf(devices.forked, 'device')}: two machines use one key`],
    [
      'tampering',
      devices.tampered === 0
        ? undefined
        : `${countOf(devices.tampered, 'device')} with a sign of the last 7 days (devices list --tampered)`,
    ],
    [
      'too silent',
      devices.silentTooLong === 0
        ? undefined
        : `${countOf(devices.silentTooLong, 'device')} for longer than the policy allows (devices list --silent-too-long)`,
    ],
    ['failing', failing === '' ? 'no check' : `${failing} (checks list, devices list --failing CHECK)`],
    ['agents', agentWords(sightings)],
    ['inbox', inboxWords(status.seenAgents)],
    ['risks', riskWords(sightings)],
    ['stops', stopWords(status.stops)],
    ['CONSOLE', certificateWords(status.consoleCertificate)],
    [
      'WARNING',
      status.stops.persons > 1
        ? undefined
        : `nobody can confirm a large stop: add a second person with ${ADD_PERSON}; ${NEW_PERSON}`,
    ],
    ['policy', policyWords(policy)],
    ['restored', status.restored && restoredWords(status.restored)],
    ['new devices', waitingWords(status.pendingDevices, 'devices pending')],
    ['re-enrolments', waitingWords(status.pendingReEnrolments, 're-enrolments list')],
    ['tokens', `${countOf(status.usableTokens)} usable`],
    ['as of', timeOf(status.time)],
  ])
}

function agentWords(sightings: Summary['sightings']): string {
  const { agents, runningAgents, frozenAgents, unknownAgents, autonomousAgents } = sightings
  const frozen = frozenAgents === 0 ? '' : ` (${countOf(frozenAgents)} of them FROZEN: agents list --frozen)`
  return [
    `${countOf(agents)}: ${countOf(runningAgents)} running${frozen}`,
    `${countOf(unknownAgents)} unrecognised`,
    `${countOf(autonomousAgents)} that act without asking`,
  ].join(', ')
}

function inboxWords({ unknown, registered, ignored, blocked, deviating }: Summary['seenAgents']): string {
  const waiting = unknown === 0 ? 'no agent waits' : `${countOf(unknown, 'agent')} to decide (inbox list)`
  const deviate = deviating === 0 ? '' : `, ${countOf(deviating)} of them DEVIATING (inbox list --deviating)`
  return `${waiting}; ${countOf(registered)} registered${deviate}; ${countOf(ignored)} ignored, ${countOf(blocked)} blocked`
}

function riskWords({ riskyMcpServers, riskyAgentFiles, mcpServers, aiExtensions }: Summary['sightings']): string {
  return [
    `${countOf(riskyMcpServers)} of ${countOf(mcpServers, 'MCP server')}`,
    countOf(riskyAgentFiles, 'agent file'),
    `${countOf(aiExtensions, 'AI extension')} installed`,
  ].join(', ')
}

function stopWords({ standing, toConfirm, frozen, unanswered, failed }: Summary['stops']): string {
  const inForce =
    standing === 0
      ? 'none in force'
      : `${countOf(standing)} in force: ${countOf(frozen, 'device')} frozen, ${countOf(unanswered)} without an answer, ${countOf(failed)} failed`
  return toConfirm === 0 ? inForce : `${inForce}; ${countOf(toConfirm)} to confirm (stops list)`
}

function policyWords({ version, setAt, setBy = '-', toAppraise = 0 }: Summary['policy']): string {
  const made = version === 0 ? 'the default' : `version ${version}, set ${timeOf(setAt)} by ${setBy}`
  return toAppraise === 0 ? made : `${made}; ${countOf(toAppraise, 'device')} still to appraise by it`
}

function restoredWords({ at, backupAt }: NonNullable<Summary['restored']>): string {
  const since = `${timeOf(at)}, from a backup of ${timeOf(backupAt)}`
  return `${since}: what happened in between is forgotten (events list --kind evidence-forgotten, stop-forgotten)`
}

function waitingWords(pending: number, list: string): string {
  return pending === 0 ? 'none waits' : `${countOf(pending)} wait for a decision (${list})`
}

/** Only what is wrong. The reason is what an ACME server said. */
function certificateWords(certificate: Summary['consoleCertificate']): string | undefined {
  if (certificate?.failing === undefined) return undefined
  const { failing, validUntil } = certificate
  const old = validUntil === undefined ? 'there is none' : `the old one is valid until ${timeOf(validUntil)}`
  return `no new certificate since ${timeOf(failing.since)}: ${printable(failing.reason)}; ${old}`
}
