/** A client of `windows-pipe-probe.ts`, started with fewer rights: asks each request at a pipe, and prints the answers. */
import { createRequire } from 'node:module'
import { askLocalSocket } from '../../../src/system/socket/local-client.ts'
import { connectToPipe, type WindowsPipeAddon } from '../../../src/system/socket/windows-pipe.ts'

const [, , path = '', addonPath = '', ...requests] = process.argv
const addon: WindowsPipeAddon = createRequire(import.meta.url)(addonPath)
const answers: unknown[] = [addon.ownToken()]
for (const request of requests) {
  try {
    const line = JSON.stringify({ request })
    const options = { timeoutMs: 30_000, maxBytes: 1_000_000, connect: connectToPipe({ addon }) }
    answers.push(JSON.parse(await askLocalSocket(path, line, options)))
  } catch (error) {
    answers.push({ failed: error instanceof Error && 'code' in error ? error.code : String(error) })
  }
}
process.stdout.write(JSON.stringify(answers))
