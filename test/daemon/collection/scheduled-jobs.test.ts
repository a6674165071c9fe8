import { silentLog } from '../../../src/base/log.ts'
import { scheduledJobs } from '../../../src/daemon/collection/scheduled-jobs.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const NEVER = '0 0 1 1 *'
const MINUTE_MS = 60_000
const doNothing = async () => undefined

test('scans homes only when that is due, and releases memory in every run', async () => {
  const done: string[] = []
  const state = { due: true }
  const jobs = scheduledJobs(
    {
      clock: new FakeClock(),
      log: silentLog,
      collection: {
        posture: doNothing,
        discovery: async () => void done.push('scan'),
        isDiscoveryDue: () => state.due,
        processesIfChanged: doNothing,
      },
      stream: { attestedWithin: () => true, attest: doNothing },
      releaseMuchMemory: () => void done.push('release'),
    },
    { posture: NEVER, discovery: NEVER, processes: NEVER, attest: NEVER },
  )
  const discovery = jobs.find(({ name }) => name === 'discovery')
  const { signal } = new AbortController()
  await discovery?.run({ signal })
  state.due = false
  await discovery?.run({ signal })
  expect(done).toEqual(['scan', 'release', 'release'])
})

test('looks at the settings by a schedule of their own', async () => {
  const done: string[] = []
  const jobs = scheduledJobs(
    {
      clock: new FakeClock(),
      log: silentLog,
      stream: { attestedWithin: () => true, attest: doNothing },
      collection: {
        posture: doNothing,
        discovery: doNothing,
        isDiscoveryDue: () => true,
        processesIfChanged: doNothing,
      },
      settings: { check: async () => void done.push('settings') },
    },
    { posture: NEVER, discovery: NEVER, processes: NEVER, attest: NEVER, settings: '*/30 * * * * *' },
  )
  const job = jobs.find(({ name }) => name === 'settings')
  await job?.run({ signal: new AbortController().signal })
  expect([job?.cron, done]).toEqual(['*/30 * * * * *', ['settings']])
})

test.each([
  ['0 * * * *', 29 * MINUTE_MS, 0],
  ['0 * * * *', 31 * MINUTE_MS, 1],
  ['*/10 * * * *', 4 * MINUTE_MS, 0],
  ['*/10 * * * *', 6 * MINUTE_MS, 1],
])('%s attests, %d ms after the last attestation, %d times', async (attest, agoMs, times) => {
  const reasons: string[] = []
  const jobs = scheduledJobs(
    {
      clock: new FakeClock(),
      log: silentLog,
      collection: {
        posture: doNothing,
        discovery: doNothing,
        isDiscoveryDue: () => true,
        processesIfChanged: doNothing,
      },
      stream: { attestedWithin: (ms) => agoMs < ms, attest: async (reason) => void reasons.push(reason) },
    },
    { posture: NEVER, discovery: NEVER, processes: NEVER, attest },
  )
  await jobs.find(({ name }) => name === 'attest')?.run({ signal: new AbortController().signal })
  expect(reasons).toEqual(Array.from({ length: times }, () => 'timer'))
})
