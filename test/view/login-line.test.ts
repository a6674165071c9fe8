import type { Status } from '../../src/protocol/messages/control.ts'
import { loginLine } from '../../src/view/login-line.ts'
import { SAMPLE_TIME, sampleStatus, sampleStops } from '../support/daemon/sample-status.ts'

const line = (changes: Partial<Status>) => loginLine(sampleStatus(changes), SAMPLE_TIME)
const { result } = sampleStatus()
const good = result && { ...result, verdict: 'compliant' as const, reasons: [] }

const fault = (minutes: number, code = 'TPM_GONE') => ({
  health: [{ code, remedy: '', since: SAMPLE_TIME - minutes * 60_000 }],
})
const notEnrolled = {
  enrolment: 'not-enrolled' as const,
  health: [{ code: 'NOT_ENROLLED', remedy: '', since: 0 }],
}

test.each([
  ['a required check fails', {}, 'Surety: 1 check of this device to fix. Run: surety status'],
  [
    'a stop stands',
    { stops: sampleStops() },
    'Surety: AI agents are stopped on this device by Grace. Run: surety status',
  ],
  ['not enrolled', notEnrolled, 'Surety: this device is not enrolled. Run: surety status'],
  [
    'a fault that lasts',
    { ...fault(10), result: good },
    'Surety: The TPM of this device does not answer. Run: surety status',
  ],
  ['refused', { enrolment: 'refused' }, 'Surety: the directory refused this device. Run: surety status'],
  ['retired', { enrolment: 'retired' }, 'Surety: this device was retired. Run: surety status'],
  [
    'stale',
    { result: good && { ...good, validUntil: 0 } },
    'Surety: the last verdict of this device has ended. Run: surety status',
  ],
] as const)('%s', (_, changes, expected) => expect(line(changes as Partial<Status>)).toBe(expected))

test.each([
  ['compliant', { result: good }],
  ['a fault that has just come', { ...fault(9), result: good }],
  ['a fault that administrators mend', { ...fault(60, 'CATALOGUE_REFUSED'), result: good }],
  ['enrolling by itself', { enrolment: 'not-enrolled', health: [] }],
  ['waiting for an administrator', { enrolment: 'pending' }],
  ['waiting for the first verdict', { result: undefined }],
  ['hidden by the settings', { tray: { show: 'never' } }],
  ['mended, and not appraised yet', { findings: [{ check: 'disk.root-encrypted', state: 'pass', detail: '' }] }],
] as const)('quiet: %s', (_, changes) => expect(line(changes as unknown as Partial<Status>)).toBeUndefined())
