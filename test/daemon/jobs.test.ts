import { silentLog } from '../../src/base/log.ts'
import { jobsOf } from '../../src/daemon/jobs.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

const { signal } = new AbortController()
const NEVER = '0 0 1 1 *'

test('all processes are looked at once a minute; in between what events told is enough', async () => {
  const clock = new FakeClock()
  const looks: string[] = []
  const nothing = async () => undefined
  const jobs = jobsOf(
    {
      clock,
      log: silentLog,
      collection: {
        posture: nothing,
        discovery: nothing,
        processes: async ({ byEvents }) =>
          void looks.push(`${byEvents === true ? 'events' : 'all'} ${clock.monotonic()}`),
      },
      stream: { attestedWithin: () => true, attest: nothing },
    },
    { posture: NEVER, discovery: NEVER, processes: '*/25 * * * * *', attest: NEVER },
  )
  const look = jobs.find(({ name }) => name === 'processes')
  for (let turn = 0; turn < 5; turn++) {
    await look?.run({ signal })
    await clock.advance(25_000)
  }
  expect(looks).toEqual(['all 0', 'events 25000', 'events 50000', 'all 75000', 'events 100000'])
})
