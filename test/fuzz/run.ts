import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { scaledMs } from '../support/machine-speed.ts'
import { readCorpus, writeCorpus, writeFailure } from './corpus-files.ts'
import type { FuzzReport } from './fuzz-target.ts'
import type { WorkerInit } from './fuzz-worker.ts'
import { bytesOf } from './target.ts'
import { targets } from './targets/all.ts'

/** `npm run fuzz -- [TARGET…] [--seconds N] [--seed N] [--save]`: one line a target; ends with 1 when one failed. */

const MAX_INPUT_BYTES = 1024 * 1024
/** Of silence, after which a run counts as one that never ends. */
const SILENCE_MS = scaledMs(60_000)
const HEAP_MB = 512

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    save: { type: 'boolean', default: false },
  },
})
const say = (line: string) => void process.stdout.write(`${line}\n`)

/** Where they alone run all that was found: so that no target is without a corpus. */
const seedsOf = (name: string) =>
  targets
    .find((one) => one.name === name)
    ?.seeds()
    .map(bytesOf) ?? []

async function fuzz(target: string): Promise<FuzzReport> {
  const shared = new SharedArrayBuffer(8 + MAX_INPUT_BYTES)
  const counters = new Int32Array(shared, 0, 2)
  const workerData: WorkerInit = {
    target,
    shared,
    corpus: readCorpus(target),
    seed: Number(values.seed),
    seconds: Number(values.seconds),
    tidy: values.save,
  }
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  })
  const failed = (reason: string): FuzzReport => {
    const input = new Uint8Array(shared.slice(8, 8 + (counters[1] ?? 0)))
    const executions = counters[0] ?? 0
    return { name: target, executions, executionsPerSecond: 0, blocks: 0, corpus: [], failures: [{ reason, input }] }
  }
  try {
    return await new Promise<FuzzReport>((resolve) => {
      worker.once('message', resolve)
      worker.once('error', (error) => resolve(failed(`ended the thread: ${String(error)}`)))
      let last = -1
      let since = performance.now()
      const watch = setInterval(() => {
        const now = counters[0] ?? 0
        if (now !== last) since = performance.now()
        last = now
        if (performance.now() - since > SILENCE_MS) resolve(failed('did not end'))
      }, 500)
      worker.once('exit', () => clearInterval(watch))
    })
  } finally {
    await worker.terminate()
  }
}

const unknown = positionals.filter((name) => !targets.some((target) => target.name === name))
if (unknown.length > 0)
  throw new RangeError(`no target ${unknown.join(', ')}; there are ${targets.map(({ name }) => name).join(', ')}`)
say(`seed ${values.seed}`)
for (const { name } of targets) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const report = await fuzz(name)
  say(
    `${name.padEnd(22)} ${report.executions} runs, ${report.executionsPerSecond}/s, corpus ${report.corpus.length}, ${report.blocks} blocks, ${report.failures.length} failures`,
  )
  for (const { reason, input } of report.failures) {
    say(`  ${JSON.stringify(reason)}: ${relative(process.cwd(), writeFailure(name, input))}`)
    process.exitCode = 1
  }
  // After a thread that died nothing is known of the corpus.
  if (values.save && report.blocks > 0) writeCorpus(name, report.corpus.length > 0 ? report.corpus : seedsOf(name))
}
