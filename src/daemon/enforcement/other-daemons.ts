import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import type { ProcessTable } from '../../system/processes/process-table.ts'
import type { Health } from '../health/health.ts'

export interface OtherDaemonsComponents {
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Log
  readonly health: Pick<Health, 'raise' | 'clear'>
  readonly processes: Pick<ProcessTable, 'entry'>
  /** Whether this daemon has stops in force or holds agents. */
  readonly isEnforcing: () => boolean
}

export interface OtherDaemonsInit {
  /** Of all daemons of the machine; only root can write to it. Its files are empty: their names say which process enforces. */
  readonly folder: string
  /** Names this daemon. */
  readonly name: string
}

const LOOK_MS = 60_000
const MARK = /^[0-9a-f]{12}\.(\d{1,10})\.(\d{1,15})$/
const MAX_MARKS = 1_000

/**
 * Raises a warning while another daemon enforces stops on this machine: each may keep frozen what the other one releases. A mark
 * counts for as long as its process lives, so that a crash leaves none that counts.
 */
export async function watchOtherDaemons(
  components: OtherDaemonsComponents,
  { folder, name }: OtherDaemonsInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, log, health, processes, isEnforcing } = components
  const own = `${name}.${process.pid}.${processes.entry(process.pid)?.startTicks ?? 0}`
  let isMarked = false
  let fault = ''
  let known = ''
  while (!signal.aborted) {
    try {
      if (isEnforcing()) leaveMark(folder, own)
      else if (isMarked) rmSync(join(folder, own), { force: true })
      isMarked = isEnforcing()
      const others = othersIn(folder, own, processes).join(' ')
      if (others === '') health.clear('SECOND_DAEMON')
      else health.raise('SECOND_DAEMON', `Processes that also enforce stops here: ${others.slice(0, 100)}.`)
      if (others !== '' && others !== known)
        log.warn('other daemons that enforce stops on this machine', { pids: others })
      known = others
      fault = ''
    } catch (error) {
      const reason = describeError(error)
      if (reason !== fault) log.warn('another daemon on this machine would not be noticed', { reason })
      fault = reason
    }
    await clock.sleep(LOOK_MS, { signal }).catch(() => undefined)
  }
  try {
    if (isMarked) rmSync(join(folder, own), { force: true })
  } catch {
    // It counts no longer once this process has ended.
  }
}

function leaveMark(folder: string, own: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, own), '')
}

/** @returns their process ids. Marks of processes that have ended are removed. */
function othersIn(folder: string, own: string, processes: OtherDaemonsComponents['processes']): readonly string[] {
  return marksIn(folder).flatMap((mark) => {
    const [, pid, startTicks] = (mark === own ? undefined : MARK.exec(mark)) ?? []
    if (pid === undefined) return []
    if (processes.entry(Number(pid))?.startTicks === Number(startTicks)) return [pid]
    rmSync(join(folder, mark), { force: true })
    return []
  })
}

function marksIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).slice(0, MAX_MARKS)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
