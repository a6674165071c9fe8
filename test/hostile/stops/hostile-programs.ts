import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { TestCgroup } from './cgroup.ts'

/** The programs of `test/hostile/programs/`, which a stop has to stop. */
export type ProgramName =
  | 'counter'
  | 'pid-hopper'
  | 'double-forker'
  | 'sigcont-sender'
  | 'cgroup-mover'
  | 'cpu-hogs'
  | 'writer'
  | 'self-killer'
  | 'holder'
  | 'page-caller'

/** What a program has written of itself; see `living.h`. */
export interface Living {
  readonly count: bigint
  readonly processes: bigint
  /** Nanoseconds since 1970. */
  readonly last: bigint
  /** Of the last step. */
  readonly pid: number
}

export interface StartedProgram {
  readonly child: ChildProcess
  living(): Living
  /** Waits until it has gone on by that many steps. */
  goOn(steps?: number): Promise<void>
}

export interface StartInit {
  readonly args?: readonly string[]
  readonly cgroup?: TestCgroup
  /** Absolute: the program is copied there first. */
  readonly as?: string
  readonly uid?: number
  /** Called with its pid before its first instruction. */
  readonly beforeItRuns?: (pid: number) => void
}

const SOURCES = resolve(import.meta.dirname, '../programs')
const LIVING_BYTES = 32

/** Compiles each program when it is first needed. */
export class HostilePrograms implements Disposable {
  readonly #folder = temporaryFolder()
  readonly #built = new Set<ProgramName>()
  #started = 0

  constructor() {
    // Other users run its programs.
    chmodSync(this.#folder.path, 0o755)
  }

  get folder(): string {
    return this.#folder.path
  }

  path(name: ProgramName): string {
    const path = join(this.#folder.path, name)
    if (this.#built.has(name)) return path
    const flags = ['-std=c11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror']
    execFileSync('gcc', [...flags, '-o', path, join(SOURCES, `${name}.c`)], { stdio: 'inherit' })
    this.#built.add(name)
    return path
  }

  /** Its copy under another name, such as that of an agent. */
  copy(name: ProgramName, to: string): string {
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(this.path(name), to)
    return to
  }

  /** A file of zeros for one run. */
  shared(): { readonly path: string; living(): Living } {
    const path = join(this.#folder.path, `living-${this.#started++}`)
    writeFileSync(path, Buffer.alloc(LIVING_BYTES))
    // Other users write to it too.
    chmodSync(path, 0o666)
    return { path, living: () => livingIn(path) }
  }

  async start(
    name: ProgramName,
    { args = [], cgroup, as, uid, beforeItRuns }: StartInit = {},
  ): Promise<StartedProgram> {
    const program = as === undefined ? this.path(name) : this.copy(name, as)
    const { path, living } = this.shared()
    // The shell joins the cgroup before the program runs: nothing of it is ever elsewhere.
    const enter = cgroup === undefined ? 'true' : `echo 0 > ${cgroup.path}/cgroup.procs`
    const child = spawn('/bin/sh', ['-c', `read line && ${enter} && exec "$0" "$@"`, program, path, ...args], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      ...(uid === undefined ? {} : { uid, gid: uid }),
    })
    await once(child, 'spawn')
    beforeItRuns?.(child.pid ?? 0)
    child.stdin.on('error', () => undefined).end('\n')
    const goOn = async (steps = 20) => {
      const { count } = living()
      await waitFor(`${steps} steps of ${name}`, () => living().count >= count + BigInt(steps), { everyMs: 2 })
    }
    await goOn(1)
    return { child, living, goOn }
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

function livingIn(path: string): Living {
  const bytes = readFileSync(path)
  const at = (index: number) => bytes.readBigUInt64LE(index * 8)
  return { count: at(0), processes: at(1), last: at(2), pid: Number(at(3)) }
}
