import { parentPort, workerData } from 'node:worker_threads'
import { startCoverage } from './coverage.ts'
import { seededRandom } from './random.ts'

/** One target in a thread of its own, which can be ended when it hangs and has a limit to its memory. */
export interface WorkerInit {
  readonly target: string
  readonly seed: number
  readonly seconds: number
  readonly tidy: boolean
  readonly corpus: readonly Uint8Array[]
  /** Two numbers (runs so far, length of the input), then the input that runs. */
  readonly shared: SharedArrayBuffer
}

const init = workerData as WorkerInit // what `run.ts` gave
const counters = new Int32Array(init.shared, 0, 2)
const shown = new Uint8Array(init.shared, 8)

// Before anything of src/ is loaded: what was compiled earlier is not counted.
const coverage = startCoverage()
const { fuzzTarget } = await import('./fuzz-target.ts')
const { targets } = await import('./targets/all.ts')
const target = targets.find(({ name }) => name === init.target)
if (target === undefined) throw new TypeError(`no target ${init.target}`)
const onInput = (input: Uint8Array) => {
  const length = Math.min(input.length, shown.length)
  shown.set(input.subarray(0, length))
  counters[1] = length
  Atomics.add(counters, 0, 1)
}
parentPort?.postMessage(await fuzzTarget({ coverage, random: seededRandom(init.seed), onInput }, target, init))
