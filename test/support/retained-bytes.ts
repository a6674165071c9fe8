import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
// V8 would free megabytes of unused code meanwhile, which would hide a leak of that size.
setFlagsFromString('--no-flush-bytecode')
const collect: () => void = runInNewContext('gc')

/** @returns the bytes that this process retains after garbage collection, in V8's heap and outside of it for objects in the heap. */
export async function retainedBytes(): Promise<number> {
  for (let each = 0; each < 4; each++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
