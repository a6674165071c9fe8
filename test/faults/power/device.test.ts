import { checkDurableFiles } from './checks/durable-file.ts'
import { checkSpool, makeDamagedSpool } from './checks/spool.ts'
import { checkState } from './checks/state.ts'
import type { Story } from './cut-story.ts'
import { diskOf } from './disk.ts'
import { preparePowerCuts } from './power-cuts.ts'
import { record } from './recorder.ts'

const { recorder, missing, newFolder, cut } = preparePowerCuts()

const DAMAGED_SPOOL: Story = {
  workload: { name: 'spool' },
  prepare: makeDamagedSpool,
  check: checkSpool,
  // While it is set aside, and a new one begins.
  firstOperations: 50,
}
const STORIES: readonly (readonly [runs: number, story: Story])[] = [
  [2, { workload: { name: 'spool' }, check: checkSpool }],
  [4, DAMAGED_SPOOL],
  [1, { workload: { name: 'state' }, check: checkState }],
  [2, { workload: { name: 'durable-file' }, check: checkDurableFiles }],
]

/** What must be found: each breaks the rule that its check is for. */
const FAULTS: readonly (readonly [what: string, story: Story])[] = [
  ['lost', { workload: { name: 'spool', variant: 'synchronous-normal' }, check: checkSpool }],
  ['lost', { workload: { name: 'durable-file', variant: 'without-folder-sync' }, check: checkDurableFiles }],
  ['half-written', { workload: { name: 'durable-file', variant: 'without-file-sync' }, check: checkDurableFiles }],
]

const power = missing === undefined ? describe : describe.skip

power(`after a power cut of a device${missing === undefined ? '' : ` (skipped, not installed: ${missing})`}`, () => {
  test('the recorder sees every step of a durable write', async () => {
    const { events } = await record(recorder, { workload: { name: 'durable-file' }, seed: 1, disk: newFolder() })
    const steps = events.flatMap((event) => (event.kind === 'said' ? [] : [`${event.kind} ${event.path}`]))
    const temporary = /\.[0-9a-f]{16}\.tmp/g
    expect(steps.slice(0, 6).map((line) => line.replace(temporary, '.TEMPORARY'))).toEqual([
      'create /.two.TEMPORARY',
      'write /.two.TEMPORARY',
      'sync /.two.TEMPORARY',
      'rename /two',
      'sync ',
      expect.stringMatching(/^create/),
    ])
  })

  test('what no recording tells of is found', async () => {
    const folder = newFolder()
    const disk = diskOf(folder)
    const { events } = await record(recorder, { workload: { name: 'durable-file' }, seed: 1, disk: folder })
    const write = events.findLastIndex(({ kind }) => kind === 'write')
    for (const event of events.toSpliced(write, 1)) if (event.kind !== 'said') disk.apply(event)
    expect(disk.differences(folder)).toEqual([expect.stringMatching(/^of other contents: .*\/(one|two)$/)])
  })

  test.each(STORIES)(
    'loses nothing and believes nothing half-written at any cut: %d runs of %j',
    async (runs, story) => {
      const outcomes = await cut(story, { runs })
      expect(outcomes.flatMap(({ wrong }) => wrong)).toEqual([])
      for (const { places, operations } of outcomes) expect(places).toBe((story.firstOperations ?? operations) + 1)
    },
  )

  test.each(FAULTS)('what is %s by a fault is found: %j', async (what, story) => {
    const [outcome] = await cut(story, { places: 9 })
    expect(outcome?.wrong.filter((each) => each.includes(`: ${what}`))).not.toEqual([])
  })
})
