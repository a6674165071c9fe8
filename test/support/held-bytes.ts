import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
// Code that has not run for a while would be given back, by megabytes, and hide as much of what is left behind.
setFlagsFromString('--no-flush-bytecode')
const collect: () => void = runInNewContext('gc')

/** Bytes that this process holds when all garbage is gone: V8's heap, and what lies outside of it for its objects. */
export async function heldBytes(): Promise<number> {
  for (let each = 0; each < 4; each++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
