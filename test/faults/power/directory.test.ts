import { checkActions, makeRegister } from './checks/actions.ts'
import { checkFirstStart } from './checks/first-start.ts'
import { checkIngest } from './checks/ingest.ts'
import { checkRecord, makeRecord } from './checks/record.ts'
import type { Story } from './cut-story.ts'
import { preparePowerCuts } from './power-cuts.ts'

const { missing, cut } = preparePowerCuts()

const STORIES: readonly Story[] = [
  { workload: { name: 'ingest' }, check: checkIngest },
  { workload: { name: 'first-start' }, check: checkFirstStart },
  { workload: { name: 'actions' }, prepare: makeRegister, check: checkActions },
  { workload: { name: 'record' }, prepare: makeRecord, check: checkRecord },
]

/** Of the places of a run: each costs a start of the directory, and each run draws others. */
const SHARE = Number(process.env.POWER_CUT_SHARE ?? 0.5)

const power = missing === undefined ? describe : describe.skip

power(`after a power cut of a directory${missing === undefined ? '' : ` (skipped, not installed: ${missing})`}`, () => {
  test.each(STORIES)('nothing is lost and nothing half-written believed, wherever it was cut: %j', async (story) => {
    const [outcome] = await cut(story, { runs: 1, share: SHARE })
    expect(outcome?.wrong).toEqual([])
    expect(outcome?.places).toBe(Math.ceil(((outcome?.operations ?? 0) + 1) * SHARE))
  })

  test('what is lost by a fault is found', async () => {
    const story = { workload: { name: 'ingest', variant: 'synchronous-normal' }, check: checkIngest }
    const [outcome] = await cut(story, { places: 24 })
    expect(outcome?.wrong.filter((each) => each.includes(': lost'))).not.toEqual([])
  })

  test('what is lost of what a directory was asked for is found', async () => {
    const workload = { name: 'actions', variant: 'synchronous-normal' }
    const [outcome] = await cut({ workload, prepare: makeRegister, check: checkActions }, { runs: 1, share: SHARE })
    for (const what of ['token', 'enrolment', 'order', 'catalogue']) {
      expect(outcome?.wrong).toContainEqual(expect.stringContaining(`: lost: ${what} `))
    }
  })

  test('what is lost of a record is found', async () => {
    const workload = { name: 'record', variant: 'synchronous-normal' }
    const [outcome] = await cut({ workload, prepare: makeRecord, check: checkRecord }, { runs: 1, share: SHARE })
    expect(outcome?.wrong).toContainEqual(expect.stringContaining(': lost: the entry of token '))
  })
})
