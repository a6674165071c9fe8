import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { foldersIn, readIfThere, removeIfEmpty } from '../cgroups/cgroup-files.ts'
import { groupOfOrigin, originName, putBack } from '../cgroups/cgroup-origin.ts'

/**
 * The folders of frozen agents in one hierarchy: `BASE/AGENT/@ORIGIN`. Root owns them, and no user's groups contain them.
 * `native/linux/addon/freezer/freeze-job.c` makes them. ORIGIN is the group that the processes came from; see `system/cgroups/cgroup-origin.ts`.
 */
export interface QuarantineInit {
  /** The root of the hierarchy. */
  readonly root: string
  readonly base: string
  readonly freezeFile: string
  readonly frozen: string
  readonly thawed: string
}

const AGENT = /^[0-9a-f]{32}$/
/** A program that continues may start others while it is moved. */
const MAX_ROUNDS = 50

export class Quarantine {
  readonly #init: QuarantineInit

  constructor(init: QuarantineInit) {
    this.#init = init
  }

  /** Agents whose folder is frozen. */
  held(): readonly string[] {
    const { freezeFile, frozen } = this.#init
    return this.#agents().filter((agent) => readIfThere(join(this.#folder(agent), freezeFile)).trim() === frozen)
  }

  processesOf(agent: string): readonly number[] {
    const folder = this.#folder(agent)
    return foldersIn(folder).flatMap((origin) => pidsIn(join(folder, origin)))
  }

  /** Takes over a process that is frozen elsewhere. `cgroup` begins with `/`. */
  admit(agent: string, pid: number, cgroup: string): boolean {
    const { root, base, freezeFile, frozen } = this.#init
    const folder = this.#folder(agent)
    const origin = join(folder, originName(cgroup))
    try {
      for (const above of [join(root, dirname(base)), join(root, base), folder]) makeFolder(above)
      writeFileSync(join(folder, freezeFile), frozen, { flag: 'r+' })
      makeFolder(origin)
      writeFileSync(join(origin, 'cgroup.procs'), `${pid}`, { flag: 'r+' })
      return true
    } catch {
      return false
    }
  }

  /** Lets an agent continue. `putBack` then takes it where it came from. @returns how many processes. */
  thaw(agent: string): number {
    const { freezeFile, thawed } = this.#init
    const count = this.processesOf(agent).length
    writeIfThere(join(this.#folder(agent), freezeFile), thawed)
    return count
  }

  putBack(agent: string): void {
    const folder = this.#folder(agent)
    for (const origin of foldersIn(folder)) this.#empty(join(folder, origin), origin)
    removeIfEmpty(folder)
  }

  /** Of an earlier run, which was killed in between. */
  putBackThawed(): void {
    const { freezeFile, thawed } = this.#init
    for (const agent of this.#agents()) {
      if (readIfThere(join(this.#folder(agent), freezeFile)).trim() === thawed) this.putBack(agent)
    }
  }

  /** @returns false where the kernel cannot end a whole group. */
  kill(agent: string): boolean {
    return writeIfThere(join(this.#folder(agent), 'cgroup.kill'), '1')
  }

  /** Removes folders of agents that have ended. */
  tidy(): void {
    for (const agent of this.#agents()) {
      if (this.processesOf(agent).length > 0) continue
      const folder = this.#folder(agent)
      for (const origin of foldersIn(folder)) removeIfEmpty(join(folder, origin))
      removeIfEmpty(folder)
    }
  }

  /** Removes the folder of this daemon, unless it holds agents. */
  remove(): void {
    this.tidy()
    const folder = join(this.#init.root, this.#init.base)
    removeIfEmpty(join(folder, 'paused'))
    removeIfEmpty(folder)
  }

  #agents(): readonly string[] {
    return foldersIn(join(this.#init.root, this.#init.base)).filter((name) => AGENT.test(name))
  }

  #folder(agent: string): string {
    return join(this.#init.root, this.#init.base, agent)
  }

  #empty(folder: string, origin: string): void {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const pids = pidsIn(folder)
      if (pids.length === 0) break
      for (const pid of pids) this.#putBack(origin, pid)
    }
    removeIfEmpty(folder)
  }

  /** One that the kernel refuses everywhere runs where it is. */
  #putBack(origin: string, pid: number): void {
    try {
      putBack(this.#init.root, groupOfOrigin(origin), pid)
    } catch {
      return
    }
  }
}

function makeFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
}

function pidsIn(folder: string): readonly number[] {
  return readIfThere(join(folder, 'cgroup.procs'))
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0)
}

function writeIfThere(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'r+' })
    return true
  } catch {
    return false
  }
}
