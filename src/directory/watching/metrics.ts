import { CHECKS } from '../../checks/checks.ts'
import type { Summary } from '../../protocol/nouns/directory/directory.ts'
import type { DaemonCounts } from '../summary/summary-store.ts'
import type { Metric, Sample } from './prometheus.ts'

/** Every label has values of this program only, so that no device can add series. */

export interface ProcessUse {
  readonly residentBytes: number
  readonly cpuSeconds: number
  readonly uptimeSeconds: number
}

export interface Measured {
  readonly summary: Pick<
    Summary,
    'version' | 'sightings' | 'pendingDevices' | 'pendingReEnrolments' | 'usableTokens'
  > & {
    readonly devices: Omit<Summary['devices'], 'connected'>
  }
  /** Of devices that are not retired. Checks that this release does not know are left out. */
  readonly checks: readonly CountedCheck[]
  readonly daemons: DaemonCounts
  /** Devices with an open session. */
  readonly connected: number
  readonly seenAgents: { readonly seen: Readonly<Record<string, number>>; readonly deviating: number }
  readonly stops: {
    readonly stops: Readonly<Record<string, number>>
    readonly devices: Readonly<Record<string, number>>
  }
  /** By state: active, failing, disabled. */
  readonly webhooks: Readonly<Record<string, number>>
  /** The newest start on a restored backup. Milliseconds since 1970. */
  readonly restored: { readonly at: number; readonly backupAt: number } | undefined
  /** Id of the newest event. */
  readonly events: number
  readonly process: ProcessUse
}

/** A check with its numbers of devices. */
export interface CountedCheck extends Readonly<Record<(typeof CHECK_STATES)[number], number>> {
  readonly check: string
}

const CHECK_STATES = ['pass', 'fail', 'unknown', 'notApplicable', 'inGrace', 'exempt'] as const

export function metricsOf({
  summary,
  checks,
  daemons,
  connected,
  seenAgents,
  stops,
  webhooks,
  restored,
  events,
  process,
}: Measured): readonly Metric[] {
  const { devices, sightings } = summary
  return [
    gauge('info', 'Version of the directory.', [{ labels: { version: summary.version }, value: 1 }]),
    gauge('devices', 'Devices that are not retired, by verdict.', samplesOf('verdict', devices.byVerdict)),
    gauge('devices_by_tier', 'Devices that are not retired, by tier.', samplesOf('tier', devices.byTier)),
    gauge('devices_forked', 'Devices whose evidence chain forked.', [{ value: devices.forked }]),
    gauge('devices_connected', 'Devices with an open session.', [{ value: connected }]),
    gauge(
      'devices_tampered',
      'Devices with a tamper sign of the last seven days, by kind.',
      samplesOf('kind', daemons.tampered),
    ),
    counterBy('tamper_signs_total', 'Tamper signs ever received.', samplesOf('kind', daemons.tamperSigns)),
    gauge('devices_silent_too_long', 'Devices that are silent for longer than the policy allows.', [
      { value: devices.silentTooLong },
    ]),
    gauge(
      'devices_by_version',
      'Devices that are not retired, by the version of their daemon compared with that of the directory.',
      samplesOf('compared', daemons.versions),
    ),
    gauge(
      'devices_by_updates',
      'Devices that are not retired, by the update state of their daemon.',
      samplesOf('state', daemons.updates),
    ),
    gauge(
      'devices_with_warning',
      'Devices that are not retired, by the health warnings that they report.',
      samplesOf('code', daemons.warnings),
    ),
    gauge(
      'checks',
      'Devices that are not retired, by check and state.',
      CHECKS.flatMap((check) => samplesOfCheck(check, checks)),
    ),
    gauge('sightings', 'Sightings on devices that are not retired, by kind.', samplesOf('kind', sightings)),
    gauge('seen_agents', 'Agents as they are seen, by state.', samplesOf('state', seenAgents.seen)),
    gauge('seen_agents_deviating', 'Agents that differ from their registration.', [{ value: seenAgents.deviating }]),
    gauge('stops', 'Stops that wait for a person or are in force, by state.', samplesOf('state', stops.stops)),
    gauge('stop_devices', 'Devices of stops in force, by what they answered.', samplesOf('state', stops.devices)),
    gauge('devices_pending', 'New devices that wait for a human.', [{ value: summary.pendingDevices }]),
    gauge('re_enrolments_pending', 'Re-enrolments that wait for a human.', [{ value: summary.pendingReEnrolments }]),
    gauge('tokens_usable', 'Enrolment tokens that can still be used.', [{ value: summary.usableTokens }]),
    gauge('webhooks', 'Webhooks, by state.', samplesOf('state', webhooks)),
    gauge('restored_seconds', 'Time of the newest start on a restored backup, since 1970. 0: never.', [
      { value: (restored?.at ?? 0) / 1000 },
    ]),
    gauge('restored_backup_seconds', 'When that backup was made, since 1970. 0: never.', [
      { value: (restored?.backupAt ?? 0) / 1000 },
    ]),
    counter('events_total', 'Events ever recorded.', events),
    gauge('resident_memory_bytes', 'Resident memory of the process.', [{ value: process.residentBytes }]),
    counter('cpu_seconds_total', 'Processor time of the process.', process.cpuSeconds),
    gauge('uptime_seconds', 'Time since the process started.', [{ value: process.uptimeSeconds }]),
  ]
}

const PREFIX = 'surety_directory_'

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name: PREFIX + name, type: 'gauge', help, samples }
}

function counter(name: string, help: string, value: number): Metric {
  return counterBy(name, help, [{ value }])
}

function counterBy(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name: PREFIX + name, type: 'counter', help, samples }
}

/** Each check of this release, also where no device reports it. */
function samplesOfCheck(check: string, checks: readonly CountedCheck[]): readonly Sample[] {
  const counts = checks.find((one) => one.check === check)
  return CHECK_STATES.map((state) => ({ labels: { check, state }, value: counts?.[state] ?? 0 }))
}

function samplesOf(label: string, counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([word, value]) => ({ labels: { [label]: word }, value }))
}
