import { Type, text, words } from '../../../base/schema.ts'
import { ago } from '../../../base/text/ago.ts'
import { printable } from '../../../base/text/printable.ts'
import { deviceIdSchema } from '../../ids.ts'
import { VERDICT_WORDS, verdictSchema } from '../../messages/attestation-result.ts'
import { noun, verb } from '../../noun/noun.ts'
import { counted, DEVICE } from '../../noun/words.ts'
import { RECENT_SIGN_MS, TAMPER_KINDS } from '../../tamper.ts'
import { TIERS, tierSchema } from '../../tier.ts'
import {
  channelNameSchema,
  type DaemonProgram,
  programVersionSchema,
  UPDATE_STATES,
  versionBeginningSchema,
} from '../../updates.ts'
import {
  type DeviceLabels,
  type DeviceSummary,
  devicePresenceSchema,
  deviceSchema,
  deviceSummarySchema,
  findingListSchema,
  labelFilterSchema,
  labellingSchema,
  ownerChangeSchema,
  retirementSchema,
  sourceListSchema,
  warningCodeSchema,
} from './devices.ts'

const YES_OR_NO = words('yes', 'no')

/** It is shown as more than an item of its list: `show` is a verb. */
export const devices = noun({
  one: 'device',
  many: 'devices',
  about: 'enrolled devices',
  id: deviceIdSchema,
  item: deviceSummarySchema,
  called: DEVICE,
  describe: ({ id, status, owner }) => `${id} (${status}, of ${owner})`,
  completes: ({ id, owner, label }) => ({ word: label?.hostname ?? id, about: `${id} of ${owner}` }),
  list: {
    operationId: 'listDevices',
    action: 'view',
    summary: 'Devices that are not retired, filtered and sorted. The first page has the total',
    about: 'devices with their verdicts; filters combine (AND)',
    filters: {
      verdict: {
        schema: verdictSchema,
        options: [
          {
            flags: '--verdict <verdict>',
            about: `only ${Object.values(VERDICT_WORDS).join(', ')}`,
            words: VERDICT_WORDS,
          },
        ],
      },
      failing: {
        schema: text(64),
        options: [{ flags: '--failing <check>', about: 'only devices on which this check fails: see checks list' }],
      },
      /** Any spelling of a person. */
      owner: {
        schema: Type.String({ minLength: 1, maxLength: 256 }),
        options: [{ flags: '--owner <name>', about: 'only devices of this owner' }],
      },
      tier: {
        schema: tierSchema,
        options: [{ flags: '--tier <tier>', about: `only this tier: ${TIERS.join(', ')}` }],
      },
      os: {
        schema: Type.String({ minLength: 1, maxLength: 128 }),
        options: [{ flags: '--os <name>', about: 'only this system: linux, debian, "ubuntu 24.04"' }],
      },
      label: {
        schema: labelFilterSchema,
        options: [
          {
            flags: '--label <name=value>',
            about: 'only devices with this label',
            form: 'a label is written NAME=VALUE, such as team=payments; neither is empty',
          },
        ],
      },
      name: {
        schema: Type.String({ minLength: 1, maxLength: 256 }),
        options: [{ flags: '--name <glob>', about: 'only these host names: "berlin-*"' }],
      },
      olderThanMs: {
        schema: Type.Integer({ minimum: 0, maximum: 10 * 366 * 86_400_000 }),
        options: [
          {
            flags: '--older-than <time>',
            about: 'only devices not seen for this long: 90m, 24h, 7d',
            as: 'duration',
          },
        ],
      },
      presence: {
        schema: devicePresenceSchema,
        options: [{ flags: '--silent', about: 'only devices that are not connected', value: 'silent' }],
      },
      silentTooLong: {
        schema: YES_OR_NO,
        options: [
          {
            flags: '--silent-too-long',
            about: 'only devices that are silent for longer than the policy allows',
            value: 'yes',
          },
        ],
      },
      stopped: {
        schema: YES_OR_NO,
        options: [
          {
            flags: '--stopped',
            about: 'only devices on which a stop holds an agent, by their last report',
            value: 'yes',
          },
        ],
      },
      /** A sign of any kind, or of one, within `RECENT_SIGN_MS`. */
      tamperSign: {
        schema: words('any', ...TAMPER_KINDS),
        options: [
          { flags: '--tampered', about: 'only devices with a tamper sign of the last seven days', value: 'any' },
          {
            flags: '--tamper-sign <kind>',
            about: 'as --tampered, of one kind',
            choices: TAMPER_KINDS,
          },
        ],
      },
      daemonVersion: {
        schema: versionBeginningSchema,
        options: [
          {
            flags: '--daemon-version <version>',
            about: 'only with this version of suretyd, or its first numbers: 1.4.2, 1.4',
          },
        ],
      },
      daemonOlderThan: {
        schema: programVersionSchema,
        options: [{ flags: '--daemon-older-than <version>', about: 'only with a version of suretyd before this one' }],
      },
      updates: {
        schema: words(...UPDATE_STATES),
        options: [{ flags: '--updates <state>', about: `only ${UPDATE_STATES.join(', ')}` }],
      },
      channel: {
        schema: channelNameSchema,
        options: [{ flags: '--channel <name>', about: 'only devices that take updates of this channel' }],
      },
      warning: {
        schema: warningCodeSchema,
        options: [
          {
            flags: '--warning <code>',
            about: 'only devices that report this health warning, such as SETTINGS_REFUSED',
          },
        ],
      },
      /** Absent: active. */
      status: {
        schema: words('active', 'retired', 'all'),
        options: [{ flags: '--retired', about: 'retired devices instead of active ones', value: 'retired' }],
      },
    },
    /** `verdict`: the worst first. `tier`: the strongest first. `heard`: the longest silent first. */
    sorts: ['id', 'owner', 'host', 'os', 'tier', 'verdict', 'heard', 'enrolled'],
    countsAll: true,
    examples: [
      'list --failing network.firewall --sort owner',
      'list --older-than 14d -o csv > silent.csv',
      'list --tampered --sort owner -o wide',
    ],
    columns: [
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'VERDICT', of: ({ verdict }) => verdict, shown: verdictWords },
      { heading: 'TIER', of: ({ tier }) => tier },
      { heading: 'STATUS', of: ({ status }) => status },
      { heading: 'LAST SEEN', of: ({ lastSeenAt }) => lastSeenAt, as: 'time', shown: lastSeenWords },
      { heading: 'OWNER', of: ({ owner }) => owner },
      { heading: 'HOST', of: ({ label }) => label?.hostname },
      { heading: 'OS', of: ({ os }) => os, wide: true },
      { heading: 'SERIAL', of: ({ label }) => label?.serial, wide: true },
      { heading: 'LABELS', of: ({ labels }) => labelWords(labels), wide: true },
      { heading: 'PRESENCE', of: ({ presence }) => presence, wide: true },
      {
        heading: 'TAMPER SIGN',
        of: ({ tamperSign }) => tamperSign?.kind,
        shown: ({ tamperSign }, now) =>
          tamperSign === undefined ? '-' : `${tamperSign.kind}, ${ago(tamperSign.receivedAt, now)}`,
        wide: true,
      },
      { heading: 'DAEMON', of: ({ daemon }) => daemon?.version, wide: true },
      {
        heading: 'UPDATES',
        of: ({ daemon }) => daemon?.updates,
        shown: ({ daemon }) => updateWords(daemon) ?? '-',
        wide: true,
      },
      { heading: 'WARNINGS', of: ({ warnings }) => warnings?.join(' '), wide: true },
      { heading: 'FROZEN AGENTS', of: ({ frozenAgents = 0 }) => frozenAgents, as: 'count', wide: true },
      { heading: 'FORKED', of: ({ forked }) => (forked ? 'yes' : 'no'), wide: true },
      { heading: 'VALID UNTIL', of: ({ validUntil }) => validUntil, as: 'time', wide: true },
      { heading: 'ENROLLED', of: ({ enrolledAt }) => enrolledAt, as: 'time', wide: true },
    ],
  },
  verbs: {
    show: verb({
      method: 'GET',
      ofItem: true,
      operationId: 'getDevice',
      action: 'view',
      summary: 'One device: verdict with reasons, findings, inventory, head of its chain',
      response: deviceSchema,
      command: {
        about: 'one device: verdict, reasons, checks',
        examples: ['show lap-0042', 'show dev_Des0arl6 --json'],
      },
    }),
    retire: verb({
      method: 'POST',
      ofItem: true,
      path: '/retire',
      operationId: 'retireDevice',
      action: 'operate',
      summary: 'Refuse the device from now on. It returns only if a person approves a re-enrolment',
      body: retirementSchema,
      response: deviceSchema,
      command: {
        about: 'retire a device: it is refused from then on',
        options: [{ flags: '--reason <text>', about: 'why, for the record', member: 'reason', required: true }],
        asks: 'Retire the device',
        examples: ['retire laptop-7 --reason "lost in a train"', 'retire PF3X2Y1Z --reason sold --yes'],
      },
    }),
    set: verb({
      method: 'POST',
      ofItem: true,
      path: '/owner',
      operationId: 'setDeviceOwner',
      action: 'configure',
      summary: 'Say who answers for the device from now on. A policy may group devices by owner',
      body: ownerChangeSchema,
      response: deviceSchema,
      command: {
        about: 'change what the directory says of a device',
        options: [
          {
            flags: '--owner <name>',
            about: 'the person who answers for it from now on',
            member: 'owner',
            required: true,
          },
          { flags: '--reason <text>', about: 'why, for the record', member: 'reason' },
        ],
        examples: [
          'set laptop-7 --owner bob@example.org',
          'set PF3X2Y1Z --owner bob@example.org --reason "moved to another team"',
        ],
        says: ({ id, owner }) => [`device ${id} is of ${printable(owner)}`],
      },
    }),
    label: verb({
      method: 'POST',
      ofItem: true,
      path: '/labels',
      operationId: 'labelDevice',
      action: 'configure',
      summary: 'Set or remove labels, by which a policy groups devices',
      body: labellingSchema,
      response: deviceSchema,
      command: {
        about: 'label a device: groups of the policy match labels',
        arguments: [{ name: 'labels...', about: 'key=value to set, key= to remove' }],
        examples: ['label laptop-7 role=server site=berlin', 'label laptop-7 site='],
        says: ({ id, labels }) => [`device ${id} has ${printable(labelWords(labels) ?? 'no labels')}`],
      },
    }),
    findings: verb({
      method: 'GET',
      ofItem: true,
      path: '/findings',
      operationId: 'listFindings',
      action: 'view',
      summary: 'Current findings, each with the time of its first failure',
      response: findingListSchema,
    }),
    sources: verb({
      method: 'GET',
      ofItem: true,
      path: '/sources',
      operationId: 'listSources',
      action: 'view',
      summary: 'What the device scanned, and what it could not read',
      response: sourceListSchema,
    }),
  },
})

function verdictWords({ verdict, forked, tamperSign, frozenAgents }: DeviceSummary, now: number): string {
  const isRecent = tamperSign !== undefined && now - tamperSign.receivedAt < RECENT_SIGN_MS
  return [
    VERDICT_WORDS[verdict],
    ...(forked ? ['FORKED'] : []),
    ...(isRecent ? ['TAMPER SIGN'] : []),
    ...(frozenAgents === undefined
      ? []
      : [`${counted(frozenAgents)} ${frozenAgents === 1 ? 'agent' : 'agents'} FROZEN`]),
  ].join(', ')
}

/** A device that is connected tells at once what changes, however long ago its last evidence came. */
function lastSeenWords({ presence, lastSeenAt, silentSince }: DeviceSummary, now: number): string {
  if (silentSince !== undefined) return `TOO LONG AGO, ${ago(silentSince, now)}`
  if (presence === 'connected') return 'now'
  return presence === 'silent' ? `silent, ${ago(lastSeenAt, now)}` : ago(lastSeenAt, now)
}

export function labelWords(labels: DeviceLabels = {}): string | undefined {
  return (
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ') || undefined
  )
}

function updateWords(daemon: DaemonProgram | undefined): string | undefined {
  return daemon?.channel === undefined ? daemon?.updates : `${daemon.updates}, ${daemon.channel}`
}
