import { reader } from '../../../src/base/schema.ts'
import { createHealth, REMEDIES } from '../../../src/daemon/health/health.ts'
import { clearKeyWarnings, raiseKeyWarning } from '../../../src/daemon/health/key-health.ts'
import type { HealthCode } from '../../../src/protocol/health.ts'
import { healthWarningSchema } from '../../../src/protocol/messages/evidence.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const warningReader = reader(healthWarningSchema, { name: 'health warning' })

function setUp() {
  const clock = new FakeClock()
  const changes: string[][] = []
  const health = createHealth({ clock, onChange: (warnings) => changes.push(warnings.map(({ code }) => code)) })
  return { clock, health, changes }
}

test.each(Object.entries(REMEDIES))('the remedy of %s fits into evidence beside a detail', (_, remedy) => {
  expect(remedy).toMatch(/^[A-Z]/)
  warningReader.read({ code: 'X', remedy: `${'x'.repeat(220)} ${remedy}`, since: 0 })
})

test('puts the detail before the remedy and cuts both to what evidence accepts', () => {
  const { health } = setUp()
  health.raise('CLOCK_OFF', 'The clock is 3 hours behind.')
  expect(health.warnings()[0]?.remedy).toMatch(/^The clock is 3 hours behind\. Set the clock: /)
  health.raise('CLOCK_OFF', 'x'.repeat(600))
  expect(health.warnings()[0]?.remedy).toBe('x'.repeat(512))
})

test('keeps the time of the first raise while the text changes', async () => {
  const { clock, health } = setUp()
  const since = clock.now()
  health.raise('CLOCK_OFF', 'It is 3 hours behind.')
  await clock.advance(1_000)
  health.raise('CLOCK_OFF', 'It is 4 hours behind.')
  expect(health.warnings().map((warning) => warning.since)).toEqual([since])
  health.clear('CLOCK_OFF')
  health.raise('CLOCK_OFF')
  expect(health.warnings().map((warning) => warning.since)).toEqual([since + 1_000])
})

test('announces a change once, and not for the same text or a warning not raised', () => {
  const { health, changes } = setUp()
  health.clear('SPOOL_FULL')
  health.raise('SPOOL_FULL')
  health.raise('SPOOL_FULL')
  health.raise('SPOOL_FAILED')
  health.clear('SPOOL_FULL')
  expect(changes).toEqual([['SPOOL_FULL'], ['SPOOL_FULL', 'SPOOL_FAILED'], ['SPOOL_FAILED']])
})

test('shows one warning about the key at a time', () => {
  const { health } = setUp()
  const codes = () => health.warnings().map(({ code }): HealthCode | string => code)
  raiseKeyWarning(health, 'TPM_BUSY')
  raiseKeyWarning(health, 'TPM_UNAVAILABLE')
  raiseKeyWarning(health, 'KEY_CLOSED')
  expect(codes()).toEqual(['TPM_GONE'])
  expect(clearKeyWarnings(health)).toBe(true)
  expect(codes()).toEqual([])
  expect(clearKeyWarnings(health)).toBe(false)
})

test('names the key file where the file system fails', () => {
  const { health } = setUp()
  raiseKeyWarning(health, 'STORE_FAILED')
  expect(health.warnings()).toMatchObject([
    {
      code: 'KEYS_UNAVAILABLE',
      remedy: expect.stringMatching(/^The file of the device key cannot be read or written/),
    },
  ])
})
