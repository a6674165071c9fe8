import { readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { SerialTasks } from '../../base/serial-tasks.ts'
import { foldersIn, readIfThere, removeIfEmpty } from '../cgroups/cgroup-files.ts'
import { groupOfOrigin, putBack } from '../cgroups/cgroup-origin.ts'
import { type RunningProgram, startProgram } from '../program/command.ts'
import { encodeRules, type GateReport, type HeldProcess, type HoldRules, ReportReader } from './exec-gate-messages.ts'

/**
 * Holds programs as they start, in a frozen cgroup, before their first instruction. The daemon then decides: `release`, or move on.
 * It errs on the side of holding: an interpreter with a matching argument is held, whatever that argument is for.
 *
 * Not held: a program on a file system that may not answer (FUSE, NFS) or that is mounted in another namespace only, one in
 * memory (`memfd_create`), and code on the command line of an interpreter. Process events report their start some milliseconds
 * later. An interpreter whose arguments cannot be read is held whatever it runs: of 32 bits, before Linux 5.11.
 */
export interface ExecGate extends AsyncDisposable {
  /**
   * Replaces all rules. Without a rule the program ends.
   *
   * @returns how many file systems are watched, and how many the kernel refused.
   * @throws `INPUT_MALFORMED`, `INPUT_TOO_LARGE`; `NOT_SUPPORTED` with the reason when nothing can be held; `COMMAND_FAILED`.
   */
  setRules(rules: HoldRules): Promise<{ readonly mounts: number; readonly refusedMounts: number }>
  /** What is held now, also by an earlier run. */
  held(): readonly HeldFolderProcess[]
  /**
   * Whether all that is held with this process, or all that is held, has come to its new program and does nothing.
   *
   * @param looked folders that this look has read, and whether they are frozen.
   */
  isFrozen(pid?: number, looked?: Map<string, boolean>): boolean
  /** Differs once its exec is over, which waits for the memory of its caller, however long that takes. Undefined when it has ended. */
  programOf(pid: number): string | undefined
  /**
   * Moves a held process back to where it was, or to the nearest cgroup above that is left. False when it is not held any more: it
   * was killed, or moved on.
   *
   * @throws `FILE_UNREADABLE` when the kernel refuses.
   */
  release(pid: number): boolean
}

export interface HeldFolderProcess {
  readonly pid: number
  /** Where it came from, from the root of the hierarchy. */
  readonly cgroup: string
}

export interface ExecGateInit {
  /** Of `surety-exec-gate`, absolute. */
  readonly program: string
  /** Where cgroup version 2 is mounted. */
  readonly root: string
  /** A folder below `root`; the gate creates it and `exec-gate` beside it, for itself. Those above are never frozen. */
  readonly cgroup: string
  /** Mount points of the only file systems to watch; all local ones when absent. */
  readonly mounts?: readonly string[]
  onHeld(process: HeldProcess): void
  /** It matches a rule and runs: `reason` says why. */
  onUnheld?(process: { readonly pid: number; readonly path: string; readonly reason: string }): void
  /** The gate ended, or lost reports. What is held stays held; the gate is started again with the same rules. */
  onFault?(error: SuretyError): void
}

/** Where the gate itself is, beside what it holds. */
const OWN_CGROUP = 'exec-gate'
const RESTART_MS = 1_000
const ANSWER_MS = 10_000
const END_MS = 2_000
const NOTHING = { mounts: 0, refusedMounts: 0 }
const NO_RULES: HoldRules = { interpreters: [], rules: [] }

interface Running {
  readonly program: RunningProgram
  /** The answer to the rules that were sent last. */
  answer: PromiseWithResolvers<{ readonly mounts: number; readonly refusedMounts: number }> | undefined
}

/** Nothing runs before the first rule. */
export function execGate(components: { readonly clock: Pick<Clock, 'sleep'> }, init: ExecGateInit): ExecGate {
  return new SupervisedExecGate(components, init)
}

class SupervisedExecGate implements ExecGate {
  readonly #clock: Pick<Clock, 'sleep'>
  readonly #init: ExecGateInit
  readonly #closed = new AbortController()
  #rules = NO_RULES
  #running: Running | undefined
  readonly #changes = new SerialTasks()

  constructor({ clock }: { readonly clock: Pick<Clock, 'sleep'> }, init: ExecGateInit) {
    this.#clock = clock
    this.#init = init
  }

  setRules(rules: HoldRules): Promise<typeof NOTHING> {
    const message = encodeRules(this.#init.cgroup, rules)
    return this.#changes.run(() => {
      this.#closed.signal.throwIfAborted()
      this.#rules = rules
      return rules.rules.length === 0 ? this.#stop() : this.#send(message)
    })
  }

  held(): readonly HeldFolderProcess[] {
    return foldersIn(this.#init.cgroup).flatMap((folder) =>
      readIfThere(join(this.#init.cgroup, folder, 'cgroup.procs'))
        .split('\n')
        .filter((line) => Number(line) > 0)
        .map((line) => ({ pid: Number(line), cgroup: groupOfOrigin(folder) })),
    )
  }

  isFrozen(pid?: number, looked = new Map<string, boolean>()): boolean {
    const folder = pid === undefined ? this.#init.cgroup : this.#folderOf(pid)
    if (folder === undefined) return true
    const isFrozen = looked.get(folder) ?? /^frozen 1$/m.test(readIfThere(join(folder, 'cgroup.events')))
    looked.set(folder, isFrozen)
    return isFrozen
  }

  programOf(pid: number): string | undefined {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      // Field 28 of proc_pid_stat(5), the start of the stack: it changes also where a program starts itself.
      return `${readlinkSync(`/proc/${pid}/exe`)} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[25]}`
    } catch {
      return undefined
    }
  }

  release(pid: number): boolean {
    const folder = this.#folderOf(pid)
    if (folder === undefined) return false
    try {
      return putBack(this.#init.root, groupOfOrigin(basename(folder)), pid)
    } catch (cause) {
      throw new SuretyError('FILE_UNREADABLE', `process ${pid} cannot leave its cgroup`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new SuretyError('NOT_SUPPORTED', 'the gate is closed'))
    await this.#changes.run(() => undefined)
    await this.#stop()
  }

  /** Undefined when it is not held: a pid may belong to another process by now, which is in another cgroup. */
  #folderOf(pid: number): string | undefined {
    const [, path = ''] = /^0::(.*)$/m.exec(readIfThere(`/proc/${pid}/cgroup`)) ?? []
    const folder = join(this.#init.root, path)
    return dirname(folder) === this.#init.cgroup ? folder : undefined
  }

  async #send(message: Buffer): Promise<typeof NOTHING> {
    const running = this.#running ?? (await this.#start())
    const answer = Promise.withResolvers<typeof NOTHING>()
    running.answer = answer
    const late = setTimeout(() => {
      // Its end lets everything continue that waits for it.
      running.program.kill('SIGKILL')
      answer.reject(new SuretyError('COMMAND_TIMED_OUT', `surety-exec-gate did not answer within ${ANSWER_MS} ms`))
    }, ANSWER_MS)
    try {
      running.program.stdin?.write(message)
      return await answer.promise
    } finally {
      clearTimeout(late)
    }
  }

  async #start(): Promise<Running> {
    const program = await startProgram({
      path: this.#init.program,
      args: this.#init.mounts ?? [],
      stdin: 'pipe',
      stdout: 'pipe',
    })
    const running: Running = { program, answer: undefined }
    this.#running = running
    const reader = new ReportReader()
    program.stdout?.on('data', (bytes: Buffer) => {
      try {
        for (const report of reader.read(bytes)) this.#take(running, report)
      } catch (cause) {
        program.kill('SIGKILL')
        this.#init.onFault?.(new SuretyError('COMMAND_FAILED', 'surety-exec-gate is of another version', { cause }))
      }
    })
    void program.exit.then(({ exitCode, signal }) => this.#onExit(running, exitCode ?? signal))
    return running
  }

  #take(running: Running, report: GateReport): void {
    switch (report.kind) {
      case 'held':
        this.#init.onHeld(report.process)
        break
      case 'unheld':
        this.#init.onUnheld?.(report)
        break
      case 'lost':
        this.#init.onFault?.(new SuretyError('COMMAND_FAILED', `${report.count} reports of the exec gate are lost`))
        break
      case 'ready':
        running.answer?.resolve(report)
        break
      case 'refused': {
        const error = new SuretyError('NOT_SUPPORTED', `no exec can be held: ${report.reason}`)
        if (running.answer === undefined) this.#init.onFault?.(error)
        else running.answer.reject(error)
        break
      }
      default:
        report satisfies never
    }
  }

  #onExit(running: Running, how: number | string | undefined): void {
    const error = new SuretyError('COMMAND_FAILED', `surety-exec-gate ended with ${how}`)
    running.answer?.reject(error)
    if (this.#running !== running) return
    this.#running = undefined
    this.#init.onFault?.(error)
    this.#restart().catch(() => undefined)
  }

  async #restart(): Promise<void> {
    await this.#clock.sleep(RESTART_MS, { signal: this.#closed.signal })
    if (this.#running === undefined && this.#rules.rules.length > 0) await this.setRules(this.#rules)
  }

  async #stop(): Promise<typeof NOTHING> {
    const running = this.#running
    this.#running = undefined
    // Not killed at once: its reports of what it holds still come.
    running?.program.stdin?.end()
    const late = setTimeout(() => running?.program.kill('SIGKILL'), END_MS)
    await running?.program.exit
    clearTimeout(late)
    const { cgroup } = this.#init
    const folders = foldersIn(cgroup).map((folder) => join(cgroup, folder))
    for (const folder of [...folders, cgroup, join(dirname(cgroup), OWN_CGROUP)]) removeIfEmpty(folder)
    return NOTHING
  }
}
