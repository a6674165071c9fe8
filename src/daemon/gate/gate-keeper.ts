import { readdirSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { ProcessIdentity, RunningAgents } from '../../discovery/running-agents-port.ts'
import { type FromDaemon, type FromGate, fromGateReader, MESSAGE_MAX_BYTES } from '../../gate/gate-messages.ts'
import type { Order } from '../../protocol/messages/order.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { writeDurably } from '../../system/files/own/durable-file.ts'
import type { ProgramInit, RunningProgram } from '../../system/program/command.ts'
import { readLines } from '../../system/socket/lines.ts'
import type { EvidenceBuilder } from '../evidence/evidence-builder.ts'
import type { Health } from '../health/health.ts'
import type { State } from '../state/state.ts'
import type { StreamStatus } from '../stream/stream-status.ts'

/** The gate, which answers the hooks of agents: a child that runs only while hooks are installed. */
export interface GateKeeper {
  run(options: { readonly signal: AbortSignal }): Promise<void>
  /** Carries out an order that says what a person decided. @throws `ORDER_REFUSED` while no gate runs. */
  decided(order: Order): Promise<undefined>
}

export interface GateKeeperComponents {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly log: Log
  readonly health: Pick<Health, 'raise' | 'clear'>
  readonly startProgram: (init: ProgramInit) => Promise<RunningProgram>
  readonly agents: Pick<RunningAgents, 'agentOf' | 'onScan'>
  /** Undefined: the built-in one. */
  readonly policy: () => { readonly version: number; readonly text: string } | undefined
  readonly state: Pick<State, 'identity'>
  readonly streamStatus: Pick<StreamStatus, 'view'>
  readonly evidence: Pick<EvidenceBuilder, 'reportAction' | 'reportApprovalRequest'>
}

export interface GateKeeperInit {
  /** How the child is started: absolute path, then arguments. */
  readonly command: readonly [path: string, ...args: string[]]
  /** Where hooks ask. */
  readonly socket: string
  /** A device management puts hooks there, of which `hooksFolder` knows nothing. */
  readonly isAlwaysWanted: boolean
  /** Has a file for each client whose hook is installed. */
  readonly hooksFolder: string
  /** Whether agents may act while no gate answers. */
  readonly withoutGate: 'deny' | 'allow'
}

/** How long it may take until the gate runs that an install waits for. */
const LOOK_EVERY_MS = 1_000
const AGAIN_AFTER_MS = 1_000
const AGAIN_AFTER_AT_MOST_MS = 30_000
/** A gate that served for so long is started again at once. */
const STEADY_MS = 60_000
const END_WITHIN_MS = 2_000

export function gateKeeper(components: GateKeeperComponents, init: GateKeeperInit): GateKeeper {
  return new Keeper(components, init)
}

class Keeper implements GateKeeper {
  readonly #components: GateKeeperComponents
  readonly #init: GateKeeperInit
  readonly #actions: AgentsOfActions
  #input: Writable | undefined

  constructor(components: GateKeeperComponents, init: GateKeeperInit) {
    this.#components = components
    this.#init = init
    this.#actions = new AgentsOfActions(components)
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { clock } = this.#components
    using _ = this.#actions
    let waitMs = AGAIN_AFTER_MS
    for (;;) {
      while (!this.#isWanted()) await clock.sleep(LOOK_EVERY_MS, { signal })
      const startedAt = clock.monotonic()
      await this.#runOnce(signal)
      signal.throwIfAborted()
      if (!this.#isWanted()) continue
      waitMs = clock.monotonic() - startedAt > STEADY_MS ? AGAIN_AFTER_MS : Math.min(2 * waitMs, AGAIN_AFTER_AT_MOST_MS)
      await clock.sleep(waitMs, { signal })
    }
  }

  async decided({ approval }: Order): Promise<undefined> {
    if (approval === undefined) throw new SuretyError('ORDER_REFUSED', 'the order decides nothing')
    if (this.#input === undefined) throw new SuretyError('ORDER_REFUSED', 'no gate runs, so no action waits')
    this.#send({ kind: 'approval', decision: approval })
    return undefined
  }

  /** Until it ends, or is not wanted any more. */
  async #runOnce(signal: AbortSignal): Promise<void> {
    const { log, health, startProgram } = this.#components
    const [path, ...args] = this.#init.command
    const over = new AbortController()
    try {
      await using program = await startProgram({
        path,
        args: [...args, this.#init.socket],
        stdin: 'pipe',
        stdout: 'pipe',
        stderr: 'pipe',
      })
      const said = lastWords(program.stderr)
      program.stdin?.on('error', () => undefined)
      this.#input = program.stdin
      const ended = Promise.race([program.exit, this.#listen(program.stdout)])
      const unwanted = this.#keepInformed(AbortSignal.any([signal, over.signal]))
      await Promise.race([ended, unwanted])
      if (signal.aborted || !this.#isWanted()) return await this.#endCleanly(program)
      const { exitCode, signal: killedBy } = await program.exit
      log.error('the gate ended', { exitCode, signal: killedBy, said: said() })
      health.raise('GATE_ENDED')
    } catch (error) {
      if (signal.aborted) return
      log.error('the gate failed', { reason: describeError(error) })
      health.raise('GATE_ENDED')
    } finally {
      this.#input = undefined
      over.abort()
    }
  }

  /** So that it removes its socket, and hooks that ask then find none. */
  async #endCleanly({ stdin, exit }: RunningProgram): Promise<void> {
    stdin?.end()
    const late = new AbortController()
    const { clock } = this.#components
    await Promise.race([exit, clock.sleep(END_WITHIN_MS, { signal: late.signal }).catch(() => undefined)])
    late.abort()
  }

  /** Tells the gate which policy is in use and whether a directory can be asked, until no hook is installed any more. */
  async #keepInformed(signal: AbortSignal): Promise<void> {
    const { clock, policy } = this.#components
    let told: { readonly policy: number; readonly device: string | undefined } | undefined
    while (this.#isWanted() && !signal.aborted) {
      const now = { policy: policy()?.version ?? 0, device: this.#connectedAs() }
      if (told?.policy !== now.policy) this.#send(policyMessage(policy()))
      if (told === undefined || told.device !== now.device) this.#send(directoryMessage(now.device))
      told = now
      await clock.sleep(LOOK_EVERY_MS, { signal }).catch(() => undefined)
    }
  }

  /** Undefined while no directory is connected. */
  #connectedAs(): string | undefined {
    const { state, streamStatus } = this.#components
    return streamStatus.view.connected ? state.identity?.device : undefined
  }

  async #listen(output: Readable | undefined): Promise<void> {
    if (output === undefined) return
    for await (const line of readLines(output, { maxBytes: MESSAGE_MAX_BYTES }))
      this.#take(fromGateReader.readJson(line))
  }

  #take(message: FromGate): void {
    const { health, log, evidence } = this.#components
    switch (message.kind) {
      case 'serving':
        health.clear('GATE_ENDED')
        log.info('the gate answers hooks')
        writeAbsenceFile(this.#init.socket, this.#init.withoutGate).catch((error: unknown) =>
          log.error('what hooks do without a gate cannot be set', { reason: describeError(error) }),
        )
        break
      case 'policy':
        if (message.refused === undefined) health.clear('GATE_POLICY_REFUSED')
        else {
          log.error('the gate refused a policy', { version: message.version, reason: message.refused })
          health.raise('GATE_POLICY_REFUSED', `Reason: ${message.refused.slice(0, 180)}.`)
        }
        break
      case 'action':
        this.#actions.whenKnown(message.askedBy, (agent) =>
          evidence.reportAction({ ...message.report, ...(agent === undefined ? {} : { agent }) }),
        )
        break
      case 'approval-request': {
        // A person waits for it: what is known now has to do.
        const agent = this.#components.agents.agentOf(message.askedBy)
        evidence.reportApprovalRequest({ ...message.request, ...(agent === undefined ? {} : { agent }) })
      }
    }
  }

  #send(message: FromDaemon): void {
    this.#input?.write(`${JSON.stringify(message)}\n`)
  }

  #isWanted(): boolean {
    if (this.#init.isAlwaysWanted) return true
    try {
      return readdirSync(this.#init.hooksFolder).length > 0
    } catch (error) {
      // A folder that cannot be read may hold hooks.
      return errnoOf(error) !== 'ENOENT'
    }
  }
}

function policyMessage(policy: ReturnType<GateKeeperComponents['policy']>): FromDaemon {
  return policy === undefined ? { kind: 'policy', version: 0 } : { kind: 'policy', ...policy }
}

function directoryMessage(device: string | undefined): FromDaemon {
  return { kind: 'directory', isConnected: device !== undefined, ...(device === undefined ? {} : { device }) }
}

const LAST_WORDS = 300

function lastWords(errors: Readable | undefined): () => string {
  let text = ''
  errors?.setEncoding('utf8').on('data', (part: string) => {
    text = `${text}${part}`.slice(-LAST_WORDS)
  })
  return () => text.trim()
}

/** What hooks read while no gate answers; see `native/linux/hook/gate.c`. */
const ABSENCE_FILE = 'hooks-without-gate'

/** Beside the socket, whose folder the gate has made. @throws `STORE_FAILED`, and an error with an errno. */
async function writeAbsenceFile(socket: string, withoutGate: 'deny' | 'allow'): Promise<void> {
  const path = join(dirname(socket), ABSENCE_FILE)
  if (withoutGate === 'allow') return await writeDurably(path, utf8('allow\n'), { mode: 0o644 })
  await unlink(path).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error
  })
}

type Processes = readonly ProcessIdentity[]

/** An agent that has just started is known after the next scan. */
const AGENT_WITHIN_MS = 15_000
const MOST_WAITING = 1_000

/** Says which running agent asked. What asks before its agent is known waits for a scan. */
class AgentsOfActions implements Disposable {
  readonly #components: Pick<GateKeeperComponents, 'clock' | 'agents'>
  readonly #scans: Disposable
  #waiting: {
    readonly processes: Processes
    readonly use: (agent: string | undefined) => void
    readonly until: number
  }[] = []

  constructor(components: Pick<GateKeeperComponents, 'clock' | 'agents'>) {
    this.#components = components
    this.#scans = components.agents.onScan(() => this.#look())
  }

  whenKnown(processes: Processes, use: (agent: string | undefined) => void): void {
    const agent = this.#components.agents.agentOf(processes)
    if (agent !== undefined || processes.length === 0) {
      use(agent)
      return
    }
    this.#waiting.push({ processes, use, until: this.#components.clock.monotonic() + AGENT_WITHIN_MS })
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()?.use(undefined)
  }

  [Symbol.dispose](): void {
    this.#scans[Symbol.dispose]()
    for (const { use } of this.#waiting.splice(0)) use(undefined)
  }

  #look(): void {
    const { agents, clock } = this.#components
    const before = this.#waiting
    this.#waiting = []
    for (const waiting of before) {
      const agent = agents.agentOf(waiting.processes)
      if (agent !== undefined || clock.monotonic() > waiting.until) waiting.use(agent)
      else this.#waiting.push(waiting)
    }
  }
}
