import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { TEST_SEED } from '../support/jest/test-seed.ts'
import { KINDS } from './targets/all.ts'

/** Ten seconds for each kind of decoders, from a printed seed and the corpus: all of them side by side. */

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 10)
/** Other tests, which wait for what is late, go first. */
const PRIORITY = 5

/** The time of a kind is shared by its targets. */
async function fuzz(kind: keyof typeof KINDS) {
  const names = KINDS[kind].map(({ name }) => name)
  const each = String(SECONDS / names.length)
  const run = join(import.meta.dirname, 'run.ts')
  const args = ['--disable-warning=ExperimentalWarning', run, ...names, '--seconds', each, '--seed', String(TEST_SEED)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.pid !== undefined) setPriority(child.pid, PRIORITY)
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const [status] = await once(child, 'close')
  const clean = said.split('\n').flatMap((line) => /^(\S+) +\d+ runs, .* 0 failures$/.exec(line)?.[1] ?? [])
  const runs = [...said.matchAll(/ (\d+) runs/g)].reduce((sum, [, count]) => sum + Number(count), 0)
  process.stderr.write(`fuzzed ${kind}: ${names.length} targets, ${runs} runs, seed ${TEST_SEED}\n`)
  return { names, clean, status, said }
}

const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[] // of the very names
const runs = new Map(kinds.map((kind) => [kind, fuzz(kind)]))

test.each(kinds)('%s: fuzzing finds nothing', async (kind) => {
  const { names, clean, status, said } = (await runs.get(kind)) ?? {}
  expect({ clean, status, said }).toEqual({ clean: names, status: 0, said })
})
