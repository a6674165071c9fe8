import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkDurableFiles } from './checks/durable-file.ts'
import { checkFirstStart } from './checks/first-start.ts'
import { checkIngest } from './checks/ingest.ts'
import { checkSpool, makeDamagedSpool } from './checks/spool.ts'
import { checkState } from './checks/state.ts'
import { cutPower, type Story } from './cut-story.ts'
import { newDisk } from './disk.ts'
import { type Machine, run } from './machine.ts'
import { compileShim } from './shim.ts'

/**
 * The power is cut between any two file operations, and the disk keeps only what was synced: what was acknowledged is
 * there afterwards, and nothing half-written is believed. `POWER_CUT_SEED=NUMBER` gives the same cuts again.
 */

// In memory where that is possible: the shim asks no disk to sync, and ext4 would for each file that is renamed over.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'surety-power-'))
const shim = compileShim(folder)
const missing = 'missing' in shim ? shim.missing : undefined
const machine: Machine = { shim: 'path' in shim ? shim.path : '', cacheFolder: join(folder, 'compiled') }
const seed = Number(process.env.POWER_CUT_SEED ?? Date.now() % 1_000_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const STORIES: readonly (readonly [cuts: number, story: Story])[] = [
  [76, { workload: { name: 'spool' }, check: checkSpool }],
  [76, { workload: { name: 'ingest' }, check: checkIngest }],
  [20, { workload: { name: 'spool' }, prepare: makeDamagedSpool, firstOperations: 50, check: checkSpool }],
  [64, { workload: { name: 'first-start' }, check: checkFirstStart }],
  [40, { workload: { name: 'state' }, check: checkState }],
  [24, { workload: { name: 'durable-file' }, check: checkDurableFiles }],
]

/** What the harness must find: each breaks the rule that its check is for. */
const FAULTS: readonly (readonly [what: string, story: Story])[] = [
  ['lost', { workload: { name: 'spool', variant: 'synchronous-normal' }, check: checkSpool }],
  ['lost', { workload: { name: 'ingest', variant: 'synchronous-normal' }, check: checkIngest }],
  ['lost', { workload: { name: 'durable-file', variant: 'without-folder-sync' }, check: checkDurableFiles }],
  ['half-written', { workload: { name: 'durable-file', variant: 'without-file-sync' }, check: checkDurableFiles }],
]

let total = 0

async function cut(story: Story, cuts: number) {
  const { workload, prepare } = story
  const name = `${prepare === undefined ? '' : 'damaged '}${workload.name} ${workload.variant ?? 'real'}`
  const outcome = await cutPower(machine, story, { folder: join(folder, name), seed, cuts })
  total += outcome.cuts
  const facts = `${outcome.cuts} cuts in ${outcome.operations} operations, ${outcome.reboots} reboots`
  process.stdout.write(`power cuts, ${name}: ${facts}, ${outcome.wrong.length} wrong, seed ${seed}\n`)
  return outcome
}

const power = missing === undefined ? describe : describe.skip

power(`after a power cut${missing === undefined ? '' : ` (skipped, not installed: ${missing})`}`, () => {
  test('the shim sees every step of a durable write', async () => {
    const disk = newDisk(join(folder, 'steps'))
    const { operations } = await run(machine, disk, { workload: { name: 'durable-file' }, seed: 1, cutAt: 6 })
    const temporary = /\.[0-9a-f]{16}\.tmp/g
    expect(operations.map((line) => line.replace(temporary, '.TEMPORARY').replace(/ \d+$/, ''))).toEqual([
      'create /.two.TEMPORARY',
      'write /.two.TEMPORARY',
      'fsync /.two.TEMPORARY',
      'rename /two',
      'fsync ',
      expect.stringMatching(/^CUT BEFORE create/),
    ])
  })

  test.each(STORIES)(
    'nothing is lost and nothing half-written believed: %d cuts of %j',
    async (cuts, story) => {
      const { wrong } = await cut(story, cuts)
      expect(wrong).toEqual([])
    },
    240_000,
  )

  test('there were three hundred', () => expect(total).toBeGreaterThanOrEqual(300))

  test.each(FAULTS)(
    'what is %s by a fault is found: %j',
    async (what, story) => {
      const { wrong } = await cut(story, 9)
      expect(wrong.filter((each) => each.includes(`: ${what}`))).not.toEqual([])
    },
    120_000,
  )
})
