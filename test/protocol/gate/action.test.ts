import { canonicalJson } from '../../../src/base/text/canonical-json.ts'
import { hashOfText } from '../../../src/crypto/hash.ts'
import { approvalMessage, readAction } from '../../../src/protocol/gate/action.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { sampleAction, sampleRequest } from '../../support/protocol/approval-samples.ts'

const DEVICE = `dev_${'A'.repeat(22)}`
const { action } = sampleRequest

test('reads the canonical JSON of an action', () => expect(readAction(action)).toEqual(sampleAction))

test.each([
  ['no JSON', 'git push', 'INPUT_MALFORMED'],
  ['members in another order', JSON.stringify(sampleAction), 'FRAME_MALFORMED'],
  ['a space', action.replace(':', ': '), 'FRAME_MALFORMED'],
  ['a letter that is escaped without need', action.replace('git', '\\u0067it'), 'FRAME_MALFORMED'],
  ['a member twice', action.replace('{', '{"client":"codex",'), 'FRAME_MALFORMED'],
  ['no arguments', canonicalJson({ ...sampleAction, arguments: undefined }), 'FRAME_MALFORMED'],
  ['an unknown client', canonicalJson({ ...sampleAction, client: 'vim' }), 'FRAME_MALFORMED'],
  ['a member that nobody knows', canonicalJson({ ...sampleAction, allow: true }), 'FRAME_MALFORMED'],
  [
    'too much',
    canonicalJson({ ...sampleAction, arguments: 'x'.repeat(3 * LIMITS.actionCharacters) }),
    'INPUT_TOO_LARGE',
  ],
])('refuses %s as an action', (_, json, code) => expect(codeOfCall(() => readAction(json))).toBe(code))

test('what is signed differs with each part of the request, and with the device', () => {
  const hash = (device: string, request = sampleRequest) =>
    hashOfText(new TextDecoder().decode(approvalMessage(device, request)))
  const hashes = [
    hash(DEVICE),
    hash(`dev_${'B'.repeat(21)}A`),
    hash(DEVICE, { ...sampleRequest, id: `apr_${'A'.repeat(22)}` }),
    hash(DEVICE, { ...sampleRequest, nonce: 'A'.repeat(22) }),
    hash(DEVICE, { ...sampleRequest, until: sampleRequest.until + 1 }),
    hash(DEVICE, { ...sampleRequest, action: action.replace('main', 'mair') }),
  ]
  expect(new Set(hashes).size).toBe(hashes.length)
})
