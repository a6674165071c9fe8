import type { CliComponents, CliInit } from '../../src/cli/command/cli-components.ts'
import type { DaemonClient } from '../../src/cli/command/daemon-client.ts'
import { runCli } from '../../src/cli/surety.ts'
import type { AgentClaim } from '../../src/protocol/agent-claim.ts'
import type { Status } from '../../src/protocol/messages/control.ts'
import type { StopReceipt } from '../../src/protocol/stop.ts'
import { SAMPLE_TIME, sampleStatus } from '../support/daemon/sample-status.ts'
import { actionEvidence } from '../support/protocol/sample-actions.ts'

export const PLAIN = { columns: undefined, colour: false }
export const result = (changes: Partial<NonNullable<Status['result']>>): Partial<Status> => {
  const { result: sample } = sampleStatus()
  return sample === undefined ? {} : { result: { ...sample, ...changes } }
}

export const SAMPLE_RECEIPT: StopReceipt = {
  method: 'cgroup2',
  agents: [
    {
      agent: '0'.repeat(32),
      product: 'claude-code',
      user: 'alice',
      processes: [{ pid: 4121, startedAt: SAMPLE_TIME, executable: '/usr/bin/claude' }],
    },
  ],
  agentCount: 1,
  processCount: 1,
  confirmedAt: SAMPLE_TIME,
  network: 'open',
  missed: [],
  weaknesses: ['network-open'],
}

export const SAMPLE_CLAIM: AgentClaim = {
  id: `clm_${'A'.repeat(22)}`,
  sighting: '0'.repeat(32),
  product: 'claude-code',
  user: { id: '1000', name: 'alice' },
  purpose: 'refactors',
  time: SAMPLE_TIME,
}

export function daemonWith(status: Status): DaemonClient {
  return {
    status: async () => status,
    sightings: async ({ kinds }) => {
      const { sightings, limitedToCaller, time } = status
      return { items: sightings.filter(({ kind }) => kinds?.includes(kind)), mark: '0', limitedToCaller, time }
    },
    config: async () => ({ entries: [{ key: 'socket', value: '/d', origin: 'flag', place: '--socket' }] }),
    refresh: async () => {},
    remove: async () => ({ report: 'sent' }),
    check: async () => ({
      findings: status.findings,
      sequence: status.spool.acknowledged,
      time: status.time,
    }),
    freeze: async () => ({ receipt: SAMPLE_RECEIPT }),
    release: async () => ({ receipt: SAMPLE_RECEIPT }),
    claim: async ({ agent, purpose }) => ({ claim: { ...SAMPLE_CLAIM, sighting: agent, purpose } }),
    claims: async () => [{ claim: SAMPLE_CLAIM }],
    actions: async () => actionEvidence.actions ?? [],
    lastBatch: async () => ({ claims: { findings: status.findings }, leftOut: 2 }),
  }
}

export async function run(
  argv: string | readonly string[],
  daemon: DaemonClient = daemonWith(sampleStatus()),
  changes: Partial<CliComponents> = {},
  init: Partial<CliInit> = {},
) {
  let [out, err] = ['', '']
  const sockets: string[] = []
  const exitCode = await runCli(
    {
      daemonAt: (socket) => {
        sockets.push(socket)
        return daemon
      },
      readConfig: () => [{ key: 'socket', value: '/f', origin: 'default' }],
      now: () => SAMPLE_TIME,
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
      untilInterrupted: () => AbortSignal.abort(),
      whenResized: () => undefined,
      pause: async () => undefined,
      fixes: {},
      saveNew: async () => undefined,
      saveNewFolder: async () => undefined,
      ...changes,
    },
    {
      locale: 'en_US.UTF-8',
      desktop: undefined,
      argv: typeof argv === 'string' ? argv.split(' ').filter((word) => word !== '') : argv,
      socket: '/default.sock',
      terminal: PLAIN,
      ...init,
    },
  )
  return { exitCode, out, err, sockets }
}
