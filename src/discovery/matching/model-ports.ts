import type { ResidentEntry } from '../catalogue/resident-facts.ts'

/** What is known of a model server that runs. */
export interface ServingModels {
  readonly entry: ResidentEntry
  /** On which it was seen to listen. */
  readonly ports: readonly number[]
}

/** Where many other servers listen, too: a model's only while a runtime runs that listens there. */
const SHARED_PORTS = new Set([3000, 4000, 5000, 7860, 8000, 8080, 8188, 9000, 30000])

/** At which ports of the loopback address models are spoken to: the one answer for agents that are known and for those that are not. */
export class ModelPorts {
  readonly #always = new Map<number, string>()

  constructor(entries: readonly ResidentEntry[]) {
    for (const { kind, name, ports = [] } of entries) {
      if (kind !== 'model-runtime') continue
      for (const { port } of ports) if (!SHARED_PORTS.has(port)) this.#always.set(port, name)
    }
  }

  /** Names of what serves models by port: those that hardly anything else uses, and those of what runs now. */
  among(running: readonly ServingModels[]): ReadonlyMap<number, string> {
    if (running.length === 0) return this.#always
    const ports = new Map(this.#always)
    for (const { entry, ports: listening } of running) {
      // A runtime that was not seen to listen may do so in another network namespace, or before the next scan.
      const own = listening.length > 0 ? listening : (entry.ports ?? []).map(({ port }) => port)
      for (const port of own) ports.set(port, entry.name)
    }
    return ports
  }
}
