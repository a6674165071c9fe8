import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { runDemo } from '../../../scripts/start/demo.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { CGROUP2 } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** `npm run demo`, with a real daemon and directory, and the freezer of the kernel. */

const ROOT = resolve(import.meta.dirname, '../../..')
const isRoot = process.geteuid?.() === 0
const missing = !isRoot
  ? 'only root can freeze'
  : CGROUP2 === undefined
    ? 'it freezes by cgroups of version 2'
    : undefined
if (missing !== undefined) process.stderr.write(`skipped: npm run demo: ${missing}\n`)
const asRoot = missing === undefined ? test : test.skip

function start(temporary: string, args: readonly string[] = []) {
  const child = spawn(process.execPath, [resolve(ROOT, 'scripts/demo.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      said += text
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null) // the first argument of 'close'
  return { child, ended, said: () => said }
}

/** Command lines that name the folder, and what is left in it. */
function leftIn(folder: string): readonly string[] {
  const lines = readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : []
    } catch {
      return [] // it has ended
    }
  })
  return [...lines.filter((line) => line.includes(`${folder}/`)), ...readdirSync(folder)]
}

asRoot('shows a stand-in, freezes and releases it, and leaves nothing', async () => {
  using folder = temporaryFolder()
  const demo = start(folder.path)
  expect([await demo.ended, demo.said()]).toEqual([0, expect.any(String)])
  const shown = demo.said().replaceAll(/^ *[\d.]+ s {2}/gm, '')
  const expected = [
    /starting a stand-in/,
    /it appeared after [\d.]+ s: Codex CLI, running/,
    /the agent prints: line \d/,
    /frozen after [\d.]+ s: [1-9]\d* processes, held by the kernel\n {2}1: it prints nothing\n {2}2: it prints nothing\n {2}3: it prints nothing\nreleasing it/,
    /the agent prints: line \d/,
    /it resumed where it was, after [\d.]+ s/,
    /ending the stand-in, the daemon and the directory\n$/,
  ]
  let rest = shown
  for (const pattern of expected) {
    expect(rest).toMatch(pattern)
    rest = rest.slice(rest.search(pattern)).replace(pattern, '')
  }
  expect(leftIn(folder.path)).toEqual([])
})

asRoot('an interrupt while the agent is frozen ends everything', async () => {
  using folder = temporaryFolder()
  const demo = start(folder.path)
  await waitFor('the freeze', () => demo.said(), { until: (text) => text.includes('it prints nothing') })
  demo.child.kill('SIGINT')
  expect(await demo.ended).toBe(130)
  expect(leftIn(folder.path)).toEqual([])
})

test('says that freezing needs root, where it is not', async () => {
  using folder = temporaryFolder()
  let said = ''
  const out = { write: (text: string) => (said += text) }
  const { signal } = new AbortController()
  await runDemo({ clock: systemClock, out }, { checkout: ROOT, folder: folder.path, isRoot: false }, { signal })
  expect(said).toMatch(/freezing needs root: .*\n.*ending the stand-in/)
  expect(said).not.toContain('frozen')
})

test('takes no argument', async () => {
  using folder = temporaryFolder()
  const demo = start(folder.path, ['--fast'])
  expect([await demo.ended, demo.said()]).toEqual([2, expect.stringContaining('USAGE_INVALID')])
  expect(leftIn(folder.path)).toEqual([])
})
