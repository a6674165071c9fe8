import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { type ExecGate, execGate } from '../../../src/system/enforcement/exec-gate.ts'
import type { HeldProcess, HoldRules } from '../../../src/system/enforcement/exec-gate-messages.ts'
import { CGROUP_ROOT, TestCgroup, withCgroups } from '../../hostile/stops/cgroup.ts'
import { waitFor } from '../wait-for.ts'

export const GATE_PROGRAM = resolve(import.meta.dirname, '../../../native/build/surety-exec-gate')
/** `test` where the gate is built and can hold; else the tests are skipped. */
export const whenGateBuilt = existsSync(GATE_PROGRAM) ? withCgroups('holding programs as they start') : test.skip

/** The real gate, and what it said. */
export interface HoldingGate extends AsyncDisposable {
  readonly gate: ExecGate
  readonly held: HeldProcess[]
  readonly faults: string[]
  /** In which `run` starts programs. */
  readonly cgroup: TestCgroup
  /** Starts a program as its own child's child: what the gate's parent starts itself is never held. */
  run(program: string, ...args: readonly string[]): void
  next(): Promise<HeldProcess>
}

/** @param mounts the only mount points to watch; all local ones where there is none. */
export function holdingGate(mounts: readonly string[]): HoldingGate {
  const cgroup = new TestCgroup()
  const held: HeldProcess[] = []
  const faults: string[] = []
  let taken = 0
  const gate = execGate(
    { clock: systemClock },
    {
      program: GATE_PROGRAM,
      root: CGROUP_ROOT ?? '',
      cgroup: join(cgroup.path, 'held'),
      mounts,
      onHeld: (process) => held.push(process),
      onUnheld: ({ path, reason }) => faults.push(`${path}: ${reason}`),
      onFault: ({ code }) => faults.push(code),
    },
  )
  return {
    gate,
    held,
    faults,
    cgroup,
    run(program, ...args) {
      const join_ = `echo 0 > ${cgroup.path}/cgroup.procs`
      spawnSync('/bin/sh', ['-c', `(${join_} && exec "$0" "$@") > /dev/null 2>&1 < /dev/null &`, program, ...args])
    },
    async next() {
      return await waitFor('a held process', () => held[taken]).finally(() => taken++)
    },
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]()
      await cgroup[Symbol.asyncDispose]()
    },
  }
}

/** For copies of dash as interpreters. */
export function rulesOf(
  names: readonly string[],
  parts: readonly string[] = [],
  uids?: HoldRules['rules'][number]['uids'],
): HoldRules {
  return { interpreters: ['dash*'], rules: [{ uids, names, parts }] }
}

/** The watchdog, the gate, the parent of its readers, and these. */
export function gatePids({ cgroup }: HoldingGate): readonly number[] {
  return new TestCgroup({ existing: join(cgroup.path, 'exec-gate') }).pids()
}

/** The gate: its parent is the watchdog. */
export function gateItself(held: HoldingGate): number {
  const pids = gatePids(held)
  const watchdog = pids.find((pid) => !pids.includes(parentOf(pid)))
  return pids.find((pid) => parentOf(pid) === watchdog) ?? 0
}

/** The one child of the gate. */
export function readerParent(held: HoldingGate): number {
  const gate = gateItself(held)
  return gatePids(held).find((pid) => parentOf(pid) === gate) ?? 0
}

export function gateReaders(held: HoldingGate): readonly number[] {
  const parent = readerParent(held)
  return gatePids(held).filter((pid) => parentOf(pid) === parent)
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    // It has ended since it was listed.
    return Number.NaN
  }
}

/** Some may end with others of them. */
export function killAll(pids: readonly number[]): void {
  spawnSync('/bin/sh', ['-c', 'kill -KILL "$@"', 'sh', ...pids.map(String)])
}
