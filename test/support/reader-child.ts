/** The reader child as a program of its own, for tests; the daemon starts the same function. */
import { runReader } from '../../src/reader/reader.ts'
import { standardPipes } from '../../src/system/standard-pipes.ts'

await runReader(standardPipes())
