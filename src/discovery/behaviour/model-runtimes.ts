import { baseName } from '../agent-index.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { ProcessRecord } from '../process-record.ts'

/** Where many other servers listen, too: a model's only while a runtime runs that is known to listen there. */
const SHARED_PORTS = new Set([3000, 4000, 5000, 7860, 8000, 8080, 8188, 9000, 30000])

/** The ports on which model runtimes of the catalogue listen. */
export class ModelRuntimes {
  readonly #always = new Map<number, string>()
  readonly #byCommand = new Map<string, readonly [port: number, name: string][]>()

  constructor({ entries }: Catalogue) {
    for (const { kind, name, ports = [], commands = [] } of entries) {
      if (kind !== 'model-runtime') continue
      const rows = ports.map(({ port }): [number, string] => [port, name])
      for (const [port] of rows) if (!SHARED_PORTS.has(port)) this.#always.set(port, name)
      for (const command of commands) if (command.shared !== true) this.#byCommand.set(command.name, rows)
    }
  }

  /** Names of runtimes by port, with those that run among `processes`. */
  portsAmong(processes: readonly ProcessRecord[]): ReadonlyMap<number, string> {
    const ports = new Map(this.#always)
    for (const { executable = '', argv } of processes) {
      const rows = this.#byCommand.get(baseName(executable)) ?? this.#byCommand.get(baseName(argv[1] ?? ''))
      for (const [port, name] of rows ?? []) ports.set(port, name)
    }
    return ports
  }
}
