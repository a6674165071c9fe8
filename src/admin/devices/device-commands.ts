import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { ago } from '../../base/text/ago.ts'
import { printable } from '../../base/text/printable.ts'
import type { VerdictReason } from '../../protocol/messages/attestation-result.ts'
import { VERDICT_WORDS } from '../../protocol/messages/attestation-result.ts'
import type { Device, Labelling } from '../../protocol/nouns/devices/devices.ts'
import { devices, labelWords } from '../../protocol/nouns/devices/devices-noun.ts'
import type { DaemonProgram } from '../../protocol/updates.ts'
import { FINDING_WORDS } from '../../view/checks/finding-words.ts'
import { tamperWords } from '../../view/tamper-words.ts'
import { type Terminal, table } from '../../view/terminal.ts'
import { answer, type CommandComponents } from '../command/command-line.ts'
import { countOf, facts, retiredWords, timeOf } from '../command/format.ts'
import { deviceIdOf } from '../names/name-device.ts'
import { call } from '../nouns/call.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'
import { addOrderCommands } from './order-commands.ts'
import { addTimelineCommands } from './timeline-commands.ts'

/** @returns the command `devices`. */
export function addDeviceCommands(program: Command, components: CommandComponents): Command {
  const command = addNounCommands(program, components, devices, {
    idOf: deviceIdOf,
    facts: {
      async retire({ api, id }) {
        return retireFacts(components, await call(api, devices, 'show', { id }))
      },
    },
    bodies: { label: async ({ words }) => readLabels(words) },
    verbs: {
      async show({ api, options, id }) {
        const device = await call(api, devices, 'show', { id })
        answer(components, options, { schema: 'surety-directory/device@1', device }, () =>
          deviceLines(components, device),
        )
      },
      async retire({ api, options, id }) {
        const reason = `${options.reason}`
        const device = await call(api, devices, 'retire', { id, body: { reason } })
        const { retired, status } = device
        answer(components, options, { schema: 'surety-directory/device@1', device }, () => [
          retired === undefined || retired.reason === reason
            ? `device ${id} is ${status}`
            : `device ${id} was retired before, ${printable(retiredWords(retired))}; this reason is not kept`,
        ])
      },
    },
  })
  addOrderCommands(command, components)
  addTimelineCommands(command, components)
  return command
}

function retireFacts({ now }: CommandComponents, device: Device): readonly string[] {
  return facts([
    ['device', device.id],
    ['host', device.label?.hostname],
    ['owner', device.owner],
    ['verdict', verdictWords(device)],
    ['last seen', ago(device.lastSeenAt, now())],
    ['status', device.status],
  ])
}

/** `key=value` sets, `key=` removes. */
function readLabels(labels: readonly string[]): Labelling {
  const set: Record<string, string> = {}
  const remove: string[] = []
  for (const label of labels) {
    const [, key = '', value = ''] = /^([a-z][a-z0-9._-]{0,62})=(.*)$/s.exec(label) ?? []
    if (key === '') {
      const message = `${JSON.stringify(label)} is no label: write key=value, or key= to remove. A key begins with a letter from a to z`
      throw new SuretyError('INPUT_MALFORMED', message)
    }
    if (value === '') remove.push(key)
    else set[key] = value
  }
  return { set, remove }
}

/** The version of its daemon, and the state of its updates. */
function daemonWords({ version, updates, channel, pin, installed, refused }: DaemonProgram): string {
  const follows = pin === undefined ? channel && `channel ${channel}` : `pinned to ${pin}`
  const rest = [follows, installed && `installed ${installed}`, refused && `refused ${refused}`]
  return [version, updates === 'mdm' ? 'updates by packages' : `updates ${updates}`, ...rest].filter(Boolean).join(', ')
}

function deviceLines({ terminal, now }: CommandComponents, device: Device): readonly string[] {
  const { result, inventory, label, head, attestation, endorsement } = device
  const about = facts([
    ['device', device.id],
    ['host', inventory?.hostname ?? label?.hostname],
    ['owner', device.owner],
    ['labels', labelWords(device.labels)],
    ['verdict', verdictWords(device)],
    ['tier', device.tier],
    ['status', device.status],
    ['retired', device.retired && retiredWords(device.retired)],
    ['forked', device.forked ? 'YES: two machines speak with one key, or one was set back' : undefined],
    ['system', inventory && `${inventory.osName} ${inventory.osVersion}, kernel ${inventory.kernel}`],
    ['daemon', inventory?.daemon && daemonWords(inventory.daemon)],
    ['hardware', inventory && [inventory.manufacturer, inventory.model, inventory.serial].filter(Boolean).join(' ')],
    ['TPM', endorsement && [endorsement.maker, endorsement.model, endorsement.firmware].filter(Boolean).join(' ')],
    ['enrolled', timeOf(device.enrolledAt)],
    ['connected', connectedWords(device, now())],
    ['last seen', `${timeOf(device.lastSeenAt)}, ${ago(device.lastSeenAt, now())}`],
    ['silent', silentWords(device)],
    ['stopped', stoppedWords(device)],
    ['attested', ago(attestation.attestedAt, now())],
    ['refused', attestation.failure && `${attestation.failure.code} since ${timeOf(attestation.failure.since)}`],
    ['chain', `epoch ${device.epoch}, sequence ${head.sequence}, head ${head.hash}`],
    ['valid until', result && timeOf(result.validUntil)],
    ...device.notes.map((note) => ['note', note] as const),
  ])
  const health = device.health.map((one) => [one.code, timeOf(one.since), one.remedy])
  const tampering = device.tamperSigns.map((one) => [one.kind, timeOf(one.receivedAt), printable(tamperWords(one))])
  return [
    ...about,
    ...section(terminal, ['CHECK', 'STATE', 'COUNTS', 'SINCE', 'FOUND'], checkRows(device)),
    ...section(terminal, ['WARNING', 'SINCE', 'REMEDY'], health),
    ...section(terminal, ['TAMPER SIGN', 'RECEIVED', 'WHAT'], tampering),
  ]
}

/**
 * One row per check: first the reasons of the verdict, in its order, then the other findings. A reason says whether its check
 * is required or advisory; of a check that gave none the directory does not say it.
 */
function checkRows({ result, findings }: Device): readonly (readonly string[])[] {
  const reasons = result?.reasons ?? []
  const byCheck = new Map<string, Device['findings'][number]>(findings.map((finding) => [finding.check, finding]))
  const named = new Set<string>(reasons.map(({ check }) => check))
  return [
    ...reasons.map((one) => {
      const { check, state, since, reason } = one
      const found = byCheck.get(check)
      const time = timeOf(found?.since ?? since)
      return [check, FINDING_WORDS[found?.state ?? state], countsWords(one), time, found?.explanation ?? reason]
    }),
    ...findings
      .filter(({ check }) => !named.has(check))
      .map(({ check, state, since, explanation }) => [check, FINDING_WORDS[state], '-', timeOf(since), explanation]),
  ]
}

function countsWords({ advisory, graceUntil, exemptUntil }: VerdictReason): string {
  if (advisory === true) return 'advisory'
  if (exemptUntil !== undefined) return `exempt until ${timeOf(exemptUntil)}`
  return graceUntil === undefined ? 'required' : `in grace until ${timeOf(graceUntil)}`
}

function silentWords({ silentSince }: Device): string | undefined {
  return silentSince === undefined ? undefined : `longer than the policy allows, since ${timeOf(silentSince)}`
}

function stoppedWords({ id, frozenAgents }: Device): string | undefined {
  if (frozenAgents === undefined) return undefined
  return `${countOf(frozenAgents, 'agent')} FROZEN (agents list --frozen --device ${id})`
}

function connectedWords({ presence, lastSeenAt }: Device, now: number): string | undefined {
  if (presence === undefined) return undefined
  return presence === 'connected' ? 'yes' : `no. Data below is from the last report, ${ago(lastSeenAt, now)}.`
}

/** A verdict that ran out says since when nothing was heard; of a device that is, what is missing and since when. */
function verdictWords({ result, lastSeenAt = 0, attestation, findings }: Device): string {
  if (result === undefined) return 'no-verdict: not appraised yet'
  if (result.verdict !== 'stale') return VERDICT_WORDS[result.verdict]
  if (lastSeenAt <= result.validUntil) return `stale, silent since ${timeOf(lastSeenAt)}`
  const { attestedAt = 0 } = attestation
  if (attestedAt <= result.validUntil) return `stale, not attested since ${timeOf(attestation.attestedAt)}`
  return `stale, its checks not reported since ${timeOf(Math.max(0, ...findings.map(({ reportedAt }) => reportedAt)))}`
}

function section(
  terminal: Terminal,
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  if (rows.length === 0) return []
  return [
    '',
    ...table(
      rows.map((cells) => ({ cells })),
      terminal,
      { heading },
    ),
  ]
}
