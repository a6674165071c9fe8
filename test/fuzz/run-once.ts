import type { Target } from './target.ts'

/** What one input did to a target, where that is not what is documented. */
export interface Failure {
  /** The same for the same fault, whatever the input. */
  readonly reason: string
  readonly input: Uint8Array
}

/** Nothing that these targets are given may take more of the processor: a busy machine is no fault of theirs. */
const HANG_MICROSECONDS = 1_000_000

const PROTOTYPES: readonly object[] = [Object.prototype, Array.prototype, Function.prototype, String.prototype]
const propertyCount = () => PROTOTYPES.reduce((sum, one) => sum + Reflect.ownKeys(one).length, 0)
const EXPECTED_PROPERTIES = propertyCount()

/** @returns why it failed, else undefined. */
export async function runOnce(target: Target, input: Uint8Array): Promise<string | undefined> {
  const before = process.threadCpuUsage()
  try {
    // A copy: a decoder that writes to its input would spoil the corpus.
    const running = target.run(new Uint8Array(input))
    if (running !== undefined) await running
  } catch (error) {
    return Error.isError(error)
      ? `${error.name}: ${error.message.slice(0, 300)}${placeOf(error)}`
      : `threw ${String(error)}`
  }
  const { user, system } = process.threadCpuUsage(before)
  if (user + system > HANG_MICROSECONDS) return 'took longer than a second'
  return propertyCount() === EXPECTED_PROPERTIES ? undefined : 'changed a prototype'
}

/** The line of ours that it came from. */
function placeOf(error: Error): string {
  const line = error.stack?.split('\n').find((each) => each.includes('/src/') && !each.includes('/node_modules/'))
  return line === undefined ? '' : ` at ${line.replace(/^.*\/src\//, 'src/').replace(/\)$/, '')}`
}
