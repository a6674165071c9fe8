import { orAborted } from '../../../base/clock.ts'
import { describeError } from '../../../base/errors.ts'
import type { Log } from '../../../base/log.ts'
import type { FrozenProcess } from '../../../system/freezer/freezer.ts'
import type { HeldAgent, StandingStop } from './stops-file.ts'

export interface StopEffectsComponents {
  readonly log: Log
  /** Absent where no network can be cut. */
  readonly network?:
    | {
        cut(
          processes: Iterable<FrozenProcess>,
        ): Promise<{ readonly network: 'cut' } | { readonly network: 'open'; readonly reason?: string }>
        restore(processes: Iterable<FrozenProcess>): Promise<void>
        /** Nothing is cut any more. */
        remove(): Promise<void>
      }
    | undefined
  /** Absent where nothing can be written to terminals. */
  readonly terminal?:
    | {
        show(processes: readonly FrozenProcess[], text: string): number
        restore(processes: readonly FrozenProcess[], options: { signal: AbortSignal }): Promise<void>
      }
    | undefined
}

const RESTORE_WITHIN_MS = 5_000

/** What a stop does to agents besides freezing them: their network, and a line on their terminals. Nothing here fails a stop. */
export class StopEffects {
  readonly #components: StopEffectsComponents
  /** An earlier run may have left the rules behind. */
  #hasRules = true

  constructor(components: StopEffectsComponents) {
    this.#components = components
  }

  /** @returns whether the network of all of them is cut. */
  async cut(agents: readonly HeldAgent[]): Promise<boolean> {
    const { network, log } = this.#components
    if (network === undefined || agents.length === 0) return false
    try {
      this.#hasRules = true
      const result = await network.cut(processesOf(agents))
      if (result.network === 'open') log.warn('the network of stopped agents is open', { reason: result.reason })
      return result.network === 'cut'
    } catch (error) {
      log.warn('the network of stopped agents could not be cut', { reason: describeError(error) })
      return false
    }
  }

  /** Tells the people at their terminals. Not at once: the receipt goes first. */
  tell(agents: readonly HeldAgent[], stops: readonly StandingStop[]): void {
    const { terminal, log } = this.#components
    if (terminal === undefined) return
    for (const agent of agents) {
      const stop = stops.find(({ id }) => agent.stops.includes(id))
      if (stop === undefined) continue
      const show = () => {
        try {
          terminal.show(agent.processes, lineAbout(agent, stop))
        } catch (error) {
          log.warn('nothing could be written to the terminal of a stopped agent', { reason: describeError(error) })
        }
      }
      // Of what is ended next, no terminal would be known later.
      if (stop.kind === 'retire') show()
      else setImmediate(show)
    }
  }

  /** They continue. */
  async released(agents: readonly HeldAgent[]): Promise<void> {
    if (agents.length === 0) return
    const { network, terminal, log } = this.#components
    const processes = processesOf(agents)
    await network?.restore(processes).catch((error: unknown) => {
      log.error('the network of released agents could not be given back', { reason: describeError(error) })
    })
    // A stop does not wait for terminals.
    const signal = AbortSignal.timeout(RESTORE_WITHIN_MS)
    if (terminal !== undefined)
      void orAborted(terminal.restore(processes, { signal }), signal).catch((error: unknown) => {
        log.warn('the terminal of a released agent was not repainted', { reason: describeError(error) })
      })
  }

  /** Whether `idle` would remove rules. */
  get hasRules(): boolean {
    return this.#components.network !== undefined && this.#hasRules
  }

  /** Nothing is held: the rules go. The kernel waits for all processors meanwhile, and this thread with it. */
  async idle(): Promise<void> {
    const { network, log } = this.#components
    if (network === undefined || !this.#hasRules) return
    this.#hasRules = false
    await network.remove().catch((error: unknown) => {
      log.warn('rules about stopped agents stay in the packet filter', { reason: describeError(error) })
    })
  }
}

function lineAbout({ name }: HeldAgent, { kind, origin, by, reason }: StandingStop): string {
  const done = `Surety ${kind === 'retire' ? 'ended' : 'stopped'} ${name}`
  // The status names whom to ask. Before the reason, which may be cut.
  const next = origin === 'local' ? 'Release it with: surety release' : 'Whom to ask: surety status'
  return `${done}. ${next}. ${reason === '' ? `By ${by}` : `${by}: ${reason}`}`
}

function processesOf(agents: readonly HeldAgent[]): readonly FrozenProcess[] {
  return agents.flatMap(({ processes }) => processes)
}
