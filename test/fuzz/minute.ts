import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { KINDS } from './targets/all.ts'

/** One kind of decoders, fuzzed for a minute that its targets share, from a printed seed and the corpus. */
export function describeMinute(kind: keyof typeof KINDS, seconds = 60): void {
  test(`${kind}: a minute of fuzzing finds nothing`, async () => {
    const names = KINDS[kind].map(({ name }) => name)
    const seed = String(randomInt(1_000_000))
    const each = String(seconds / names.length)
    const run = join(import.meta.dirname, 'run.ts')
    const args = ['--disable-warning=ExperimentalWarning', run, ...names, '--seconds', each, '--seed', seed]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const [status] = await once(child, 'close')
    const clean = said.split('\n').flatMap((line) => /^(\S+) +\d+ runs, .* 0 failures$/.exec(line)?.[1] ?? [])
    const runs = [...said.matchAll(/ (\d+) runs/g)].reduce((sum, [, count]) => sum + Number(count), 0)
    process.stderr.write(`fuzzed ${kind}: ${names.length} targets, ${runs} runs, seed ${seed}\n`)
    expect({ clean, status, said }).toEqual({ clean: names, status: 0, said })
  }, 600_000)
}
