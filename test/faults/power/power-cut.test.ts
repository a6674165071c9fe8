import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { checkDurableFiles } from './checks/durable-file.ts'
import { checkFirstStart } from './checks/first-start.ts'
import { checkIngest } from './checks/ingest.ts'
import { checkSpool } from './checks/spool.ts'
import { checkState } from './checks/state.ts'
import { cutPower, type Story } from './cut-story.ts'
import type { Machine } from './machine.ts'
import { compileShim } from './shim.ts'

/** The power is cut between every pair of file operations; what was acknowledged is there afterwards. */

const folder = temporaryFolder()
const shim = compileShim(folder.path)
const missing = 'missing' in shim ? shim.missing : undefined
const machine: Machine = { shim: 'path' in shim ? shim.path : '', cacheFolder: join(folder.path, 'compiled') }
// biome-ignore lint/suspicious/noConsole: the seed gives the same cuts again.
const print = console.log
const SEED = Number(process.env.POWER_CUT_SEED ?? Date.now() % 1_000_000)

afterAll(() => folder[Symbol.dispose]())
if (missing !== undefined) test.skip(`power cuts are not tried, missing: ${missing}`, () => undefined)

const power = missing === undefined ? describe : describe.skip
const cut = async (story: Story, cuts: number) => {
  const each = join(folder.path, `${story.workload.name}-${story.workload.variant ?? 'real'}`)
  mkdirSync(each)
  const started = performance.now()
  const outcome = await cutPower(machine, story, { folder: each, seed: SEED, cuts })
  print(
    `${story.workload.name} ${story.workload.variant ?? ''}: ${outcome.cuts} cuts, ${outcome.reboots} reboots, ` +
      `${outcome.operations} operations, ${outcome.wrong.length} wrong, ${Math.round(performance.now() - started)} ms, seed ${SEED}`,
  )
  return outcome.wrong
}

power('after a power cut', () => {
  test.each<[number, Story]>([
    [90, { workload: { name: 'spool' }, check: checkSpool }],
    [90, { workload: { name: 'ingest' }, check: checkIngest }],
    [60, { workload: { name: 'first-start' }, check: checkFirstStart }],
    [40, { workload: { name: 'state' }, check: checkState }],
    [30, { workload: { name: 'durable-file' }, check: checkDurableFiles }],
  ])('nothing is lost and nothing half-written believed: %d cuts of %j', async (cuts, story) => {
    expect(await cut(story, cuts)).toEqual([])
  }, 120_000)

  test.each<[string, Story]>([
    ['lost', { workload: { name: 'durable-file', variant: 'without-folder-sync' }, check: checkDurableFiles }],
    ['lost', { workload: { name: 'spool', variant: 'synchronous-normal' }, check: checkSpool }],
    ['lost', { workload: { name: 'ingest', variant: 'synchronous-normal' }, check: checkIngest }],
    ['half-written', { workload: { name: 'durable-file', variant: 'without-file-sync' }, check: checkDurableFiles }],
  ])('the harness finds what is %s by %j', async (kind, story) => {
    const wrong = await cut(story, 9)
    expect(wrong.filter((each) => each.includes(`: ${kind}`))).not.toEqual([])
  }, 60_000)
})
