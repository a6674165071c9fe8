import { silentLog } from '../../../src/base/log.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { WatchedStream } from '../../../src/daemon/stream/stream-watch.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'

function watched() {
  const clock = new FakeClock()
  const health = createHealth({ clock })
  const nothing = { onKeyFailure: () => undefined, onWelcomed: () => undefined }
  return { stream: new WatchedStream({ clock, log: silentLog, health, isEnrolled: () => true, ...nothing }), health }
}
const retired = { code: 'DEVICE_RETIRED', message: 'retired', pace: 'slow', byDirectory: true, again: false } as const

test('a refusal is told until the device waits for a new decision, and is then over', () => {
  const { stream, health } = watched()
  stream.ended(retired)
  expect(stream.view).toMatchObject({ retired: true, lastError: { code: 'DEVICE_RETIRED' } })
  stream.enrolled({ status: 'pending' })
  expect(stream.view).toMatchObject({ retired: false, lastError: undefined })
  expect(health.warnings().map(({ code }) => code)).toEqual(['ENROLMENT_PENDING'])
})

test('what comes between while it waits is told', () => {
  const { stream } = watched()
  stream.enrolled({ status: 'pending' })
  stream.ended({ code: 'DIRECTORY_UNREACHABLE', message: 'no', pace: 'prompt', byDirectory: false, again: false })
  expect(stream.view.lastError).toEqual({ code: 'DIRECTORY_UNREACHABLE', message: 'no' })
})
