import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import type { StreamKind } from '../../../src/system/processes/process-details.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/agents')

interface CapturedProcess {
  readonly pid: number
  readonly parentPid: number
  readonly forkedBy?: number
  readonly startTicks: number
  readonly sessionId: number
  readonly ttyNumber: number
  readonly comm: string
  readonly executable?: string
  readonly argv: readonly string[]
  /** Where the program has overwritten them since. */
  readonly argvNow?: readonly string[]
  readonly environmentNames?: readonly string[]
  readonly sessionMarkers?: Readonly<Record<string, string>>
  readonly workingFolder?: string
  readonly stdio?: readonly [StreamKind, StreamKind, StreamKind]
}

/** All processes of a real agent while it runs a tool, as `test/journeys/agents/capture.ts` saw them. */
export interface CapturedAgent {
  readonly agent: string
  readonly version: string
  readonly uid: number
  readonly home: string
  readonly workspace: string
  readonly toolPid: number
  readonly processes: readonly CapturedProcess[]
  readonly ended: readonly CapturedProcess[]
}

export function capturedAgent(name: string): CapturedAgent {
  return JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8'))
}

export interface RecordsInit {
  /** Were forks seen? Else nobody knows who forked what, and command lines read as they do now. */
  readonly events: boolean
}

export function recordsOf({ uid, processes, ended }: CapturedAgent, { events }: RecordsInit): ProcessRecord[] {
  const all = new Map([...ended, ...processes].map((each) => [each.pid, each]))
  const gone = new Set(ended.map(({ pid }) => pid))
  const records = new Map<number, ProcessRecord>()
  const recordOf = (pid: number): ProcessRecord | undefined => {
    const known = records.get(pid)
    const captured = all.get(pid)
    if (known !== undefined || captured === undefined) return known
    const { forkedBy, argvNow, stdio: _, executable, ...rest } = captured
    const record = {
      ...rest,
      userId: String(uid),
      executable,
      ...(events || argvNow === undefined ? {} : { argv: argvNow }),
      sessionMarkers: captured.sessionMarkers ?? {},
      forkedBy: events && forkedBy !== undefined ? recordOf(forkedBy) : undefined,
      ...(gone.has(pid) ? { ended: true as const } : {}),
    }
    records.set(pid, record)
    return record
  }
  return processes.flatMap(({ pid }) => recordOf(pid) ?? [])
}

/** What `ProcessDetails.streams` says of them. */
export function streamsOf({ processes }: CapturedAgent) {
  return ({ pid }: { readonly pid: number }) => processes.find((each) => each.pid === pid)?.stdio
}
