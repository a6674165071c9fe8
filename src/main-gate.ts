/** The gate, a child of `suretyd`: answers the hooks of agents. It alone loads Cedar. */
import { describeError } from './base/errors.ts'
import { runGate } from './gate/run-gate.ts'

const [socket = ''] = process.argv.slice(2)
const onError = (error: unknown) => void process.stderr.write(`${describeError(error)}\n`)
runGate({ input: process.stdin, output: process.stdout, onError }, { socket }).then(
  () => process.exit(0),
  (error: unknown) => {
    onError(error)
    process.exit(1)
  },
)
