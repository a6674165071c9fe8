import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { type Log, silentLog } from '../../../src/base/log.ts'
import type { RunDaemonComponents } from '../../../src/daemon/daemon-parts.ts'
import { enrolmentFile } from '../../../src/daemon/enrolment/enrolment-source.ts'
import type { Observed } from '../../../src/daemon/evidence/sightings-ledger.ts'
import type { Phase } from '../../../src/daemon/phase.ts'
import { runDaemon } from '../../../src/daemon/run-daemon.ts'
import { connectWebSocket } from '../../../src/daemon/stream/connection.ts'
import { openKeys } from '../../../src/keys/open-keys.ts'
import type { Finding } from '../../../src/protocol/finding.ts'
import type { Checked, ClaimRequest, DeviceClaim, Removal, Status } from '../../../src/protocol/messages/control.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { waitFor } from '../wait-for.ts'
import { brief } from './ask-daemon.ts'

/** A whole daemon but for what it finds: its keys, spool, files and sockets are real. */
export interface RunningDaemon extends AsyncDisposable {
  readonly phases: readonly Phase[]
  /** Resolves when the phase was reached; rejects when the daemon ended before. */
  until(phase: Phase['phase']): Promise<void>
  /** Resolves when `holds` does. */
  untilStatus(holds: (status: Status) => boolean): Promise<Status>
  status(userId?: string): Promise<Status>
  refresh(): void
  /** As `surety agents claim` and `surety agents claims` of that user. */
  claim(request: Omit<ClaimRequest, 'request'>, userId: string): Promise<DeviceClaim>
  claims(userId: string): readonly DeviceClaim[]
  /** As `surety check`. */
  check(): Promise<Omit<Checked, 'time'>>
  /** As `surety report-removal` of that user. */
  remove(act: { readonly by: string; readonly reason: string }): Promise<Removal>
  end(): Promise<void>
}

/** What this device looks like: may be changed between collections. */
export interface Found {
  findings: readonly Finding[]
  observed: Observed
}

export const sampleAgent: AgentSighting = {
  kind: 'agent',
  id: 'a'.repeat(32),
  name: 'Claude Code',
  evidence: ['executable /usr/bin/claude'],
  state: 'running',
  agentKind: 'cli',
  user: { id: '1000', name: 'ada' },
}

export function sampleFound(): Found {
  return {
    findings: [{ check: 'boot.secure-boot', state: 'pass', detail: 'Secure Boot is on' }],
    observed: {
      sightings: [sampleAgent],
      sources: [{ source: 'processes', state: 'parsed', items: 1, durationMs: 1 }],
    },
  }
}

export const NEVER = '0 0 1 1 *'

export function runningDaemon(init: {
  readonly stateFolder: string
  readonly enrolment?: string
  readonly simulator?: string
  readonly found?: Found
  readonly spoolBytes?: number
  /** Does the local socket know who asks? */
  readonly peersKnown?: boolean
  /** The setting `directory.url`. */
  readonly directoryUrl?: string
  readonly log?: Log
  readonly components?: Partial<RunDaemonComponents>
}): RunningDaemon {
  const enrolmentPath = join(init.stateFolder, 'enrolment')
  if (init.enrolment !== undefined) writeFileSync(enrolmentPath, init.enrolment, { mode: 0o600 })
  const found = init.found ?? sampleFound()
  const stop = new AbortController()
  const phases: Phase[] = []
  const wakers = new Set<() => void>()
  const changed = () => {
    for (const wake of [...wakers]) wake()
  }
  const log = watchedLog(init.log ?? silentLog, changed)
  let answers: Parameters<NonNullable<RunDaemonComponents['serveControl']>>[0] | undefined
  const tpm = init.simulator === undefined ? {} : { simulator: init.simulator }
  const want = init.simulator === undefined ? 'software' : 'tpm'
  let failure: unknown
  let over = false
  const running = runDaemon(
    {
      clock: systemClock,
      log,
      random: () => 0,
      openKeys: (_, options) => openKeys({ clock: systemClock }, { stateFolder: init.stateFolder, want, tpm }, options),
      connect: connectWebSocket,
      collectors: {
        posture: async () => found.findings,
        quickPosture: async () => found.findings,
        inventory: async () => inventory,
        discovery: async () => found.observed,
        processes: async () => found.observed,
        turn: async () => found.observed,
      },
      label: async () => ({ hostname: 'laptop', platform: 'linux', arch: 'x64' }),
      boot: { id: async () => '6b1f0f3e-3a0a-4d3e-9a34-1b1c7c1f8f50', uptimeMs: () => 1000 },
      enrolment: enrolmentFile({ log }, enrolmentPath),
      serveControl: async (given) => {
        answers = given
        return { peersKnown: init.peersKnown ?? true, async [Symbol.asyncDispose]() {} }
      },
      onPhase(phase) {
        phases.push(phase)
        changed()
      },
      ...init.components,
    },
    {
      stateFolder: init.stateFolder,
      spoolBytes: init.spoolBytes ?? 64 * 1024 * 1024,
      version: '0.0.0',
      schedules: { posture: NEVER, discovery: NEVER, processes: NEVER, attest: NEVER },
      stream: { enrolmentPollMs: 50, directoryUrl: init.directoryUrl },
      evidence: { coalesceMs: 1 },
    },
    { signal: stop.signal },
  )
    .catch((error: unknown) => {
      failure = error
    })
    .finally(() => {
      over = true
      changed()
    })
  const somethingMoves = () =>
    new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        wakers.delete(wake)
        resolve()
      }
      // Not everything that moves is logged: look again now and then.
      const timer = setTimeout(wake, 20)
      wakers.add(wake)
    })
  const wait = async (what: string, holds: () => boolean | Promise<boolean>) => {
    const look = async () => {
      if (await holds()) return true
      if (over) throw failure ?? new Error('the daemon ended')
      await somethingMoves()
      return false
    }
    const show = async () => ({ phases, status: answers === undefined ? 'none' : brief(await status()) })
    await waitFor(what, look, { everyMs: 0, withinMs: 180_000, show })
  }
  const status = async (userId = '0') => {
    if (answers === undefined) throw new Error('the daemon does not answer yet')
    return await answers.status({ userId, isRoot: userId === '0' })
  }
  const end = async () => {
    stop.abort()
    await running
    if (failure !== undefined) throw failure
  }
  return {
    phases,
    until: (phase) => wait(`phase ${phase}`, () => phases.some((one) => one.phase === phase)),
    async untilStatus(holds) {
      await wait(`a status (${holds})`, async () => answers !== undefined && holds(await status()))
      return await status()
    },
    status,
    refresh: () => answers?.refresh(),
    async check() {
      if (answers?.check === undefined) throw new Error('the daemon does not answer yet')
      return await answers.check({ signal: stop.signal })
    },
    async remove(act) {
      if (answers?.remove === undefined) throw new Error('the daemon does not answer yet')
      return await answers.remove(act, { signal: stop.signal })
    },
    claim(request, userId) {
      if (answers?.claims === undefined) throw new Error('the daemon does not answer yet')
      return answers.claims.claim(request, { userId, isRoot: userId === '0' })
    },
    claims: (userId) => answers?.claims?.list({ userId, isRoot: userId === '0' }) ?? [],
    end,
    [Symbol.asyncDispose]: end,
  }
}

const inventory = {
  hostname: 'laptop',
  platform: 'linux',
  arch: 'x64',
  osName: 'Debian GNU/Linux',
  osVersion: '13',
  kernel: '6.12',
} as const

function watchedLog(log: Log, changed: () => void): Log {
  const watch =
    (write: Log['info']): Log['info'] =>
    (message, fields) => {
      write(message, fields)
      changed()
    }
  return { debug: watch(log.debug), info: watch(log.info), warn: watch(log.warn), error: watch(log.error) }
}
