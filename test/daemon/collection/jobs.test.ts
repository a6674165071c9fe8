import { silentLog } from '../../../src/base/log.ts'
import { jobsOf } from '../../../src/daemon/collection/jobs.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'

const NEVER = '0 0 1 1 *'

test('a turn in which homes need no look looks at none, and gives back memory only where there is much', async () => {
  const done: string[] = []
  const state = { due: true }
  const nothing = async () => undefined
  const jobs = jobsOf(
    {
      clock: new FakeClock(),
      log: silentLog,
      collection: {
        posture: nothing,
        discovery: async () => void done.push('look'),
        isDiscoveryDue: () => state.due,
        turn: nothing,
      },
      stream: { attestedWithin: () => true, attest: nothing },
      releaseMuchMemory: () => void done.push('release'),
    },
    { posture: NEVER, discovery: NEVER, processes: NEVER, attest: NEVER },
  )
  const discovery = jobs.find(({ name }) => name === 'discovery')
  const { signal } = new AbortController()
  await discovery?.run({ signal })
  state.due = false
  await discovery?.run({ signal })
  expect(done).toEqual(['look', 'release', 'release'])
})
