import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { asArgument } from '../../src/directory/commands/words.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/** `npm start` at a terminal, where Ctrl-C reaches each of its programs, and again by the one that started it. */

const SCRIPT = '/usr/bin/script'
const RUN = resolve(import.meta.dirname, '../../scripts/run.cjs')
const missing = existsSync(SCRIPT) ? undefined : `${SCRIPT} is missing (apt-get install bsdutils)`
if (missing !== undefined) process.stderr.write(`skipped: npm start at a terminal: ${missing}\n`)
const atTerminal = missing === undefined ? test : test.skip

/** Gives the program a terminal, and its own environment but for what is said here. */
function start(data: string, env: Readonly<Record<string, string | undefined>>) {
  const words = [process.execPath, RUN, 'src/main-start.ts', '--no-install', '--data', data].map(asArgument)
  const command = `stty columns 80 rows 24; exec ${words.join(' ')}`
  const child = spawn(SCRIPT, ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, ...env },
  })
  let out = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  return {
    out: () => out,
    said: (pattern: RegExp) =>
      waitFor(String(pattern), () => out, { until: (text) => pattern.test(text), withinMs: 180_000 }),
    interrupt: () => child.stdin.write('\u0003'),
    ended: once(child, 'close').then(([code]) => code),
    async [Symbol.asyncDispose]() {
      child.kill()
      await this.ended
    },
  }
}

/** The kinds of escape sequences in it, without their numbers. */
function escapesIn(text: string): readonly string[] {
  const found = text.split('\u001b').slice(1)
  return [...new Set(found.map((rest) => /^\[[?0-9;]*([A-Za-z])/.exec(rest)?.[1] ?? rest.slice(0, 3)))].sort()
}

atTerminal.each([
  // Colours, and what draws the summary anew: m, A and K. Never J, which clears.
  ['a usual terminal', { TERM: 'xterm-256color' }, ['A', 'K', 'm']],
  ['one without colours', { TERM: 'xterm-256color', NO_COLOR: '1' }, ['A', 'K']],
  ['a dumb one', { TERM: 'dumb' }, []],
])('at %s nothing is wiped, and one Ctrl-C ends all of it cleanly', async (_, env, escapes) => {
  using folder = temporaryFolder()
  const temporary = join(folder.path, 'tmp')
  mkdirSync(temporary)
  await using run = start(join(folder.path, 'data'), { ...env, TMPDIR: temporary })
  await run.said(/Ctrl-C ends both\./)
  run.interrupt()
  expect(await run.ended).toBe(0)
  expect(run.out()).toMatch(/ending the daemon and the directory\s*$/)
  expect(escapesIn(run.out()).filter((each) => !(escapes as readonly string[]).includes(each))).toEqual([])
  expect(readdirSync(temporary)).toEqual([])
})
