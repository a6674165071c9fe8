/** The reader child of `suretyd`: loads nothing of the daemon, for it is started for every home. */
import { runReader } from './reader/reader.ts'
import { standardPipes } from './system/program/standard-pipes.ts'

runReader(standardPipes()).catch(() => {
  process.exitCode = 1
})
