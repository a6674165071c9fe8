import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { asArgument } from '../../../src/admin/command/format.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** `npm start` in a terminal. Ctrl-C reaches each of its programs, and again from the one that started it. */

const SCRIPT = '/usr/bin/script'
const RUN = resolve(import.meta.dirname, '../../../scripts/run.cjs')
const missing = existsSync(SCRIPT) ? undefined : `${SCRIPT} is missing (apt-get install bsdutils)`
if (missing !== undefined) process.stderr.write(`skipped: npm start at a terminal: ${missing}\n`)
const atTerminal = missing === undefined ? test : test.skip

/** Runs `npm start` in a terminal with a changed environment. */
function start(data: string, env: Readonly<Record<string, string | undefined>>) {
  const words = [process.execPath, RUN, 'scripts/start.ts', '--no-install', '--data', data].map(asArgument)
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
    printed: (pattern: RegExp) =>
      waitFor(String(pattern), () => out, { until: (text) => pattern.test(text), withinMs: 180_000 }),
    interrupt: () => child.stdin.write('\u0003'),
    ended: once(child, 'close').then(([code]) => code),
    async [Symbol.asyncDispose]() {
      child.kill()
      await this.ended
    },
  }
}

/** The kinds of escape sequences in a text, without their numbers. */
function escapesIn(text: string): readonly string[] {
  const found = text.split('\u001b').slice(1)
  return [...new Set(found.map((rest) => /^\[[?0-9;]*([A-Za-z])/.exec(rest)?.[1] ?? rest.slice(0, 3)))].sort()
}

atTerminal.each([
  // m colours, A and K redraw the summary. Never J, which clears.
  ['a usual terminal', { TERM: 'xterm-256color' }, ['A', 'K', 'm']],
  ['a terminal without colours', { TERM: 'xterm-256color', NO_COLOR: '1' }, ['A', 'K']],
  ['a dumb terminal', { TERM: 'dumb' }, []],
])('wipes nothing in %s, and ends everything with one Ctrl-C', async (_, env, escapes) => {
  using folder = temporaryFolder()
  const temporary = join(folder.path, 'tmp')
  mkdirSync(temporary)
  await using run = start(join(folder.path, 'data'), { ...env, TMPDIR: temporary })
  await run.printed(/Press Ctrl-C to end both\./)
  run.interrupt()
  expect(await run.ended).toBe(0)
  expect(run.out()).toMatch(/ending the daemon and the directory\s*$/)
  expect(escapesIn(run.out()).filter((each) => !(escapes as readonly string[]).includes(each))).toEqual([])
  expect(readdirSync(temporary)).toEqual([])
})
