/** The reader child as a program of its own, for tests; the daemon starts the same function. */
import { runReader } from '../../src/reader/reader.ts'

await runReader({ input: process.stdin, output: process.stdout })
