import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A command for a fleet process. It executes one at a time. */
export type FleetOrder =
  /** Makes devices numbered from `first`, `perAddress` of them behind one address. */
  | { readonly kind: 'make'; readonly count: number; readonly first: number; readonly perAddress: number }
  | { readonly kind: 'connect'; readonly port: number; readonly ca: string; readonly atOnce: number }
  | { readonly kind: 'report'; readonly atOnce: number }
  | { readonly kind: 'work'; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: 'drop' }
  | { readonly kind: 'return'; readonly port: number; readonly ca: string }
  | { readonly kind: 'await-order'; readonly device: string }
  /** Each device answers one order of a stop with a receipt. @returns `StopTimes` of each. */
  | { readonly kind: 'answer-stop' }
  /** Connects to the bare TLS server. */
  | { readonly kind: 'bare'; readonly port: number; readonly count: number; readonly atOnce: number }
  | { readonly kind: 'bare-send' }
  | { readonly kind: 'bare-drop' }

export interface FleetAnswer {
  readonly value: unknown
}

/** Milliseconds since 1970. */
export interface StopTimes {
  readonly orderedAt: number
  /** The directory acknowledged the receipt, which is then on disk. */
  readonly acknowledgedAt: number
}

export interface Returned {
  readonly resumed: boolean
  readonly tries: number
  readonly afterMs: number
}

/** Simulated devices in separate processes, so that they are not measured. */
export interface Fleet extends Disposable {
  readonly size: number
  /** Runs a command in each process. @returns all results in the order of the processes. */
  all<T>(order: (index: number) => FleetOrder): Promise<T[]>
  one<T>(index: number, order: FleetOrder): Promise<T>
}

export function startFleet(init: { readonly processes: number; readonly cores: string }): Fleet {
  const children = Array.from({ length: init.processes }, () =>
    fork(join(import.meta.dirname, 'fleet-process.ts'), {
      execPath: '/usr/bin/taskset',
      execArgv: ['-c', init.cores, process.execPath, '--max-semi-space-size=32'],
    }),
  )
  const one = async <T>(index: number, order: FleetOrder): Promise<T> => {
    const child = children[index]
    if (child === undefined) throw new TypeError(`no process ${index}`)
    const answered = once(child, 'message')
    child.send(order)
    const [{ value }] = await answered
    if (typeof value === 'object' && value !== null && 'failed' in value) throw new Error(String(value.failed))
    return value // as the command says
  }
  return {
    size: children.length,
    one,
    all: async <T>(order: (index: number) => FleetOrder) => {
      const answers = await Promise.all(children.map((_, index) => one<T | T[]>(index, order(index))))
      return answers.flat() as T[] // as the command says
    },
    [Symbol.dispose]() {
      for (const child of children) child.kill('SIGKILL')
    },
  }
}
