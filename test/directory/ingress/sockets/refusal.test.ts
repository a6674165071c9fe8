import { toBase64Url, utf8 } from '../../../../src/base/bytes.ts'
import { type RunningDirectory, runningDirectory } from '../../../support/directory/running-directory.ts'
import { type ScriptedDevice, type Wire, ZEROS } from '../../../support/directory/scripted-device.ts'
import { signRaw } from '../../../support/protocol/raw-jws.ts'

/** The message of a refusal names what is wrong: an implementer has nothing else to go by. */

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

async function refusalOf(wire: Wire): Promise<unknown> {
  const { code, message } = (await wire.nextOf('refusal')).payload
  return { code, message }
}

const signed = (device: ScriptedDevice, payload: Uint8Array | string) =>
  signRaw('evidence', { payload }, { sign: (message) => device.signBytes(message) })

const notUtf8 = Uint8Array.from([...utf8('{"eat_profile":"'), 0xff, ...utf8('"}')])

test.each<[string, (device: ScriptedDevice) => string | Promise<string>, string, string]>([
  [
    'a second hello',
    (device) => device.hello(),
    'FRAME_MALFORMED',
    'request does not fit its schema at /type: must be one of "renew", "catalogue", "gate-policy", "checkpoint"',
  ],
  [
    'a renewal without its reason',
    () => '{"type":"renew","sequence":0,"head":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}',
    'FRAME_MALFORMED',
    'request does not fit its schema at the top: lacks reason',
  ],
  [
    'evidence that is not UTF-8',
    (device) => signed(device, notUtf8),
    'FRAME_MALFORMED',
    'evidence: the payload is not UTF-8',
  ],
  [
    'evidence with padding',
    async (device) => (await device.batch()).replace(/\./g, '=.'),
    'FRAME_UNEXPECTED',
    'a frame that is neither JSON nor has a protected header of this protocol is not allowed after the welcome',
  ],
  [
    'a finding without a detail',
    (device) => device.batch({ findings: [{ check: 'os.supported', state: 'pass' } as never] }),
    'FRAME_MALFORMED',
    'evidence does not fit its schema at /findings/0: lacks detail',
  ],
  [
    'a first batch that names another',
    (device) => device.batch({ previous: 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE' }),
    'EVIDENCE_FORKED',
    'previous is not the hash of batch 0',
  ],
  [
    'a gap that ends too early',
    (device) => device.batch({ sequence: 3, gap: { firstSequence: 1, lastSequence: 0, before: ZEROS, last: ZEROS } }),
    'EVIDENCE_GAP_UNPROVEN',
    'the gap does not fit the chain position: 3 after 0',
  ],
  [
    'an activation',
    (device) => device.sign('activation', {}),
    'FRAME_UNEXPECTED',
    'activation is not allowed after the welcome',
  ],
])('after the welcome, %s', async (_, frame, code, message) => {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  await wire.nextOf('result')
  wire.send(await frame(device))
  expect(await refusalOf(wire)).toEqual({ code, message })
})

test('other bytes at an occupied chain position', async () => {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  wire.send(await device.batch())
  await wire.nextOf('ack')
  wire.send(await device.batch({ sequence: 1, previous: ZEROS }))
  expect(await refusalOf(wire)).toEqual({ code: 'EVIDENCE_FORKED', message: 'another batch has sequence 1' })
})

test.each<[string, (spki: string) => string, string, string]>([
  [
    'has a bit set behind its last byte',
    (spki) => `${spki.slice(0, -1)}B`,
    'KEY_MALFORMED',
    'the application key is not base64url',
  ],
  ['is another structure', () => toBase64Url(utf8('{}')), 'KEY_MALFORMED', 'not a SubjectPublicKeyInfo'],
])('an application key that %s', async (_, change, code, message) => {
  const device = running.device()
  const wire = await device.dial()
  wire.send(device.helloToken(await running.token()))
  const attestation = device.attestation(await device.challenge(wire), wire, 'enrol')
  const enrolment = { keyKind: 'software', applicationKey: change(toBase64Url(device.spki)) }
  wire.send(await device.sign('attestation', { ...attestation, enrolment }))
  expect(await refusalOf(wire)).toEqual({ code, message })
})
