/**
 * A whole daemon in a process of its own, but for what it finds: that it is told on standard input, in lines of JSON.
 * Answers each line with one of its own. `kill -9` ends it.
 */

import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { runningDaemon, sampleFound } from '../../support/daemon/running-daemon.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { ChildAnswer, ChildRequest } from './child-lines.ts'

const [stateFolder = '', spoolBytes = ''] = process.argv.slice(2)
const found = sampleFound()
const daemon = runningDaemon({ stateFolder, spoolBytes: Number(spoolBytes), found })
let told = 0

function answer(line: ChildAnswer): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

await daemon.untilStatus(() => true)

const newest = async () => (await daemon.status()).spool.sequence

/** One batch after the other, each of its own findings. */
async function tell(batches: number): Promise<void> {
  for (const until = (await newest()) + batches; (await newest()) < until; ) {
    const before = await newest()
    const detail = `${process.pid}: ${told++} ${'x'.repeat(600)}`
    found.findings = [{ check: 'os.supported', state: 'pass', detail }]
    daemon.refresh()
    await waitFor('a batch', newest, { until: (now) => now !== before, everyMs: 2 })
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  // Ours: the test wrote it.
  const request = JSON.parse(line) as ChildRequest
  if (request.ask === 'tell') await tell(request.batches)
  const status = await daemon.status()
  answer({ status, lastDetail: found.findings[0]?.state === 'pass' ? found.findings[0].detail : '' })
}
