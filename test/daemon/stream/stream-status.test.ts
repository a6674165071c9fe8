import { silentLog } from '../../../src/base/log.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { StreamStatus } from '../../../src/daemon/stream/stream-status.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function setUp() {
  const clock = new FakeClock()
  const health = createHealth({ clock })
  const nothing = { onKeyFailure: () => undefined, onWelcomed: () => undefined }
  return { stream: new StreamStatus({ clock, log: silentLog, health, isEnrolled: () => true, ...nothing }), health }
}
const retired = {
  code: 'DEVICE_RETIRED',
  message: 'retired',
  pace: 'slow',
  byDirectory: true,
  isRepeated: false,
} as const

test('shows a refusal until the device waits for a new approval', () => {
  const { stream, health } = setUp()
  stream.ended(retired)
  expect(stream.view).toMatchObject({ retired: true, lastError: { code: 'DEVICE_RETIRED' } })
  stream.enrolled({ status: 'pending' })
  expect(stream.view).toMatchObject({ retired: false, lastError: undefined })
  expect(health.warnings().map(({ code }) => code)).toEqual(['ENROLMENT_PENDING'])
})

test('shows an error of the connection while the device waits for a decision', () => {
  const { stream } = setUp()
  stream.enrolled({ status: 'pending' })
  stream.ended({ code: 'DIRECTORY_UNREACHABLE', message: 'no', pace: 'prompt', byDirectory: false, isRepeated: false })
  expect(stream.view.lastError).toEqual({ code: 'DIRECTORY_UNREACHABLE', message: 'no' })
})
