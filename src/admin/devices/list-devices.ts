import { type Command, InvalidArgumentError } from 'commander'
import { faultOf } from '../../base/schema.ts'
import { VERDICTS, type Verdict } from '../../protocol/messages/attestation-result.ts'
import {
  DEVICE_SORTS,
  type DeviceLabels,
  type DeviceSort,
  type DeviceSummary,
  devicePageReader,
  labelFilterSchema,
  type TamperFilter,
} from '../../protocol/nouns/devices/devices.ts'
import { summaryReader } from '../../protocol/nouns/directory/directory.ts'
import { RECENT_SIGN_MS, TAMPER_KINDS } from '../../protocol/tamper.ts'
import { TIERS, type Tier } from '../../protocol/tier.ts'
import { type DaemonProgram, UPDATE_STATES } from '../../protocol/updates.ts'
import { ago } from '../../view/terminal.ts'
import { VERDICT_WORDS } from '../../view/verdict-titles.ts'
import { type CommandComponents, examples, oneOf, openApi, queryOf, withApiOptions } from '../command/command-line.ts'
import { countOf, isoTime, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { readDuration, readLimit } from '../command/read-numbers.ts'
import type { ApiClient } from '../connection/api-client.ts'

interface ListOptions extends FormatOptions {
  readonly verdict?: Verdict
  readonly silent?: boolean
  readonly failing?: string
  readonly owner?: string
  readonly tier?: Tier
  readonly os?: string
  readonly label?: string
  readonly name?: string
  readonly olderThan?: number
  readonly tampered?: boolean
  readonly tamperSign?: Exclude<TamperFilter, 'any'>
  readonly silentTooLong?: boolean
  readonly stopped?: boolean
  readonly daemonVersion?: string
  readonly daemonOlderThan?: string
  readonly updates?: DaemonProgram['updates']
  readonly channel?: string
  readonly warning?: string
  readonly retired?: boolean
  readonly sort?: DeviceSort
  readonly reverse?: boolean
  readonly limit?: number
}

/** `devices list`: filters combine. */
export function addListDevices(devices: Command, components: CommandComponents): void {
  withFormat(withApiOptions(devices.command('list').description('devices with their verdicts; filters combine (AND)')))
    .option('--verdict <verdict>', `only ${Object.values(VERDICT_WORDS).join(', ')}`, readVerdict)
    .option('--failing <check>', 'only devices on which this check fails: see checks list')
    .option('--owner <name>', 'only devices of this owner')
    .option('--tier <tier>', `only this tier: ${TIERS.join(', ')}`, oneOf('tier', TIERS))
    .option('--os <name>', 'only this system: linux, debian, "ubuntu 24.04"')
    .option('--label <name=value>', 'only devices with this label', readLabel)
    .option('--name <glob>', 'only these host names: "berlin-*"')
    .option('--older-than <time>', 'only devices not seen for this long: 90m, 24h, 7d', readDuration)
    .option('--silent', 'only devices that are not connected')
    .option('--silent-too-long', 'only devices that are silent for longer than the policy allows')
    .option('--stopped', 'only devices on which a stop holds an agent, by their last report')
    .option('--tampered', 'only devices with a tamper sign of the last seven days')
    .option(
      '--tamper-sign <kind>',
      `as --tampered, of one kind: ${TAMPER_KINDS.join(', ')}`,
      oneOf('kind', TAMPER_KINDS),
    )
    .option('--daemon-version <version>', 'only with this version of suretyd, or its first numbers: 1.4.2, 1.4')
    .option('--daemon-older-than <version>', 'only with a version of suretyd before this one')
    .option('--updates <state>', `only ${UPDATE_STATES.join(', ')}`, oneOf('state', UPDATE_STATES))
    .option('--channel <name>', 'only devices that take updates of this channel')
    .option('--warning <code>', 'only devices that report this health warning, such as SETTINGS_REFUSED')
    .option('--retired', 'retired devices instead of active ones')
    .option('--sort <field>', `one of ${DEVICE_SORTS.join(', ')} (default: id)`, oneOf('field', DEVICE_SORTS))
    .option('--reverse', 'the other way round')
    .option('--limit <count>', 'at most COUNT devices (default: all)', readLimit)
    .addHelpText(
      'after',
      examples(
        'surety-directory devices list --failing network.firewall --sort owner',
        'surety-directory devices list --older-than 14d -o csv > silent.csv',
        'surety-directory devices list --tampered --sort owner -o wide',
      ),
    )
    .action((options: ListOptions) => listDevices(components, options))
}

async function listDevices(components: CommandComponents, options: ListOptions): Promise<void> {
  const api = await openApi(components, options)
  const { items, total } = await load(api, options)
  const all = total === 0 ? await activeDevices(api) : total
  await printList<DeviceSummary>(components, options, {
    items,
    columns: columnsOf(components),
    idOf: ({ id }) => id,
    document: { schema: 'surety-directory/devices@1', devices: items, total },
    footer: footerOf(items.length, total, all),
  })
}

async function load(
  api: ApiClient,
  options: ListOptions,
): Promise<{ readonly items: readonly DeviceSummary[]; readonly total: number }> {
  const { limit = Number.POSITIVE_INFINITY } = options
  const items: DeviceSummary[] = []
  let total = 0
  let cursor: string | undefined
  do {
    const path = `/devices${queryOf({ ...queryOfOptions(options), limit: Math.min(500, limit - items.length), cursor })}`
    const page = await api.ask('GET', path, devicePageReader)
    items.push(...page.items)
    total = page.total ?? total
    cursor = page.next
  } while (cursor !== undefined && items.length < limit)
  return { items, total }
}

function queryOfOptions(options: ListOptions) {
  const { verdict, failing, owner, tier, os, label, name, olderThan, sort } = options
  const { daemonVersion, daemonOlderThan, updates, channel, warning } = options
  return {
    verdict,
    failing,
    owner,
    tier,
    os,
    label,
    name,
    sort,
    olderThanMs: olderThan,
    daemonVersion,
    daemonOlderThan,
    updates,
    channel,
    warning,
    tamperSign: options.tamperSign ?? (options.tampered === true ? 'any' : undefined),
    silentTooLong: options.silentTooLong === true ? 'yes' : undefined,
    stopped: options.stopped === true ? 'yes' : undefined,
    presence: options.silent === true ? 'silent' : undefined,
    status: options.retired === true ? 'retired' : undefined,
    order: options.reverse === true ? 'descending' : undefined,
  }
}

async function activeDevices(api: ApiClient): Promise<number> {
  return (await api.ask('GET', '/summary', summaryReader)).devices.total
}

/** @param all of the list, or of the fleet where the list has none. */
function footerOf(shown: number, total: number, all: number): string {
  if (total === 0) return all === 0 ? 'no devices' : `none of ${countOf(all, 'device')} matches`
  return shown < total ? `${countOf(shown)} of ${countOf(total, 'device')}` : countOf(total, 'device')
}

/** The word of the API is taken, too. */
function readVerdict(text: string): Verdict {
  const verdict = VERDICTS.find((one) => one === text || VERDICT_WORDS[one] === text)
  if (verdict !== undefined) return verdict
  throw new InvalidArgumentError(`a verdict is one of ${Object.values(VERDICT_WORDS).join(', ')}`)
}

function columnsOf({ now }: CommandComponents): readonly Column<DeviceSummary>[] {
  return [
    { heading: 'ID', cell: ({ id }) => id },
    {
      heading: 'VERDICT',
      cell: ({ verdict, forked, tamperSign, frozenAgents }) =>
        [
          VERDICT_WORDS[verdict],
          ...(forked ? ['FORKED'] : []),
          ...(isRecent(tamperSign, now()) ? ['TAMPER SIGN'] : []),
          ...(frozenAgents === undefined ? [] : [`${countOf(frozenAgents, 'agent')} FROZEN`]),
        ].join(', '),
      value: ({ verdict }) => verdict,
    },
    { heading: 'TIER', cell: ({ tier }) => tier },
    { heading: 'STATUS', cell: ({ status }) => status },
    { heading: 'LAST SEEN', cell: (one) => lastSeenWords(one, now()), value: ({ lastSeenAt }) => isoTime(lastSeenAt) },
    { heading: 'OWNER', cell: ({ owner }) => owner },
    { heading: 'HOST', cell: ({ label }) => label?.hostname ?? '-', value: ({ label }) => label?.hostname },
    { heading: 'OS', wide: true, cell: ({ os }) => os ?? '-', value: ({ os }) => os },
    { heading: 'SERIAL', wide: true, cell: ({ label }) => label?.serial ?? '-', value: ({ label }) => label?.serial },
    {
      heading: 'LABELS',
      wide: true,
      cell: ({ labels }) => labelWords(labels) ?? '-',
      value: ({ labels }) => labelWords(labels),
    },
    { heading: 'PRESENCE', wide: true, cell: ({ presence }) => presence ?? '-', value: ({ presence }) => presence },
    {
      heading: 'TAMPER SIGN',
      wide: true,
      cell: ({ tamperSign }) =>
        tamperSign === undefined ? '-' : `${tamperSign.kind}, ${ago(tamperSign.receivedAt, now())}`,
      value: ({ tamperSign }) => tamperSign?.kind,
    },
    {
      heading: 'DAEMON',
      wide: true,
      cell: ({ daemon }) => daemon?.version ?? '-',
      value: ({ daemon }) => daemon?.version,
    },
    {
      heading: 'UPDATES',
      wide: true,
      cell: ({ daemon }) => updateWords(daemon) ?? '-',
      value: ({ daemon }) => daemon?.updates,
    },
    {
      heading: 'WARNINGS',
      wide: true,
      cell: ({ warnings = [] }) => warnings.join(' ') || '-',
      value: ({ warnings = [] }) => warnings.join(' '),
    },
    {
      heading: 'FROZEN AGENTS',
      wide: true,
      cell: ({ frozenAgents = 0 }) => `${frozenAgents}`,
    },
    { heading: 'FORKED', wide: true, cell: ({ forked }) => (forked ? 'yes' : 'no') },
    {
      heading: 'VALID UNTIL',
      wide: true,
      cell: ({ validUntil }) => timeOf(validUntil),
      value: ({ validUntil }) => isoTime(validUntil),
    },
    {
      heading: 'ENROLLED',
      wide: true,
      cell: ({ enrolledAt }) => timeOf(enrolledAt),
      value: ({ enrolledAt }) => isoTime(enrolledAt),
    },
  ]
}

function isRecent(sign: DeviceSummary['tamperSign'], now: number): boolean {
  return sign !== undefined && now - sign.receivedAt < RECENT_SIGN_MS
}

function updateWords(daemon: DaemonProgram | undefined): string | undefined {
  return daemon?.channel === undefined ? daemon?.updates : `${daemon.updates}, ${daemon.channel}`
}

/** A device that is connected tells at once what changes, however long ago its last evidence came. */
function lastSeenWords({ presence, lastSeenAt, silentSince }: DeviceSummary, now: number): string {
  if (silentSince !== undefined) return `TOO LONG AGO, ${ago(silentSince, now)}`
  if (presence === 'connected') return 'now'
  return presence === 'silent' ? `silent, ${ago(lastSeenAt, now)}` : ago(lastSeenAt, now)
}

export function labelWords(labels: DeviceLabels = {}): string | undefined {
  const words = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  return words.length === 0 ? undefined : words.join(' ')
}

function readLabel(text: string): string {
  if (faultOf(labelFilterSchema, text) === undefined) return text
  throw new InvalidArgumentError('a label is written NAME=VALUE, such as team=payments; neither is empty')
}
