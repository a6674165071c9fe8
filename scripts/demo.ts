/** `npm run demo`: a stand-in for an agent appears, is frozen and released. It takes half a minute, and leaves nothing. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { codeOf, describeError } from '../src/base/errors.ts'
import { onEndSignal, onUnwrittenOutput } from '../src/system/program/own-process.ts'
import { runDemo } from './start/demo.ts'

const INTERRUPTED = 130
const stop = new AbortController()
onEndSignal((signal) => stop.abort(signal))
for (const stream of [process.stdout, process.stderr]) {
  const end = () => stop.abort('SIGPIPE')
  onUnwrittenOutput(stream, { closed: end, failed: end })
}

const [unknown] = process.argv.slice(2)
if (unknown !== undefined) {
  process.stderr.write(
    `npm run demo: it takes no ${JSON.stringify(unknown)}: run it without arguments [USAGE_INVALID]\n`,
  )
  process.exitCode = 2
} else if (process.platform !== 'linux') {
  process.stderr.write('npm run demo: it runs on Linux only: no other system was tried [NOT_PERMITTED]\n')
  process.exitCode = 1
} else {
  const folder = await mkdtemp(join(tmpdir(), 'surety-demo-'))
  try {
    await runDemo(
      { clock: systemClock, out: process.stdout },
      { checkout: resolve(import.meta.dirname, '..'), folder, isRoot: process.getuid?.() === 0 },
      { signal: stop.signal },
    )
  } catch (error) {
    process.exitCode = stop.signal.aborted ? INTERRUPTED : 1
    if (!stop.signal.aborted) {
      process.stderr.write(`npm run demo: ${describeError(error)} [${codeOf(error) ?? 'INTERNAL'}]\n`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
