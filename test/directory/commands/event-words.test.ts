import { factWords } from '../../../src/directory/commands/event-words.ts'

test('names the checks behind a changed verdict, without what each found', () => {
  const reasons = [
    { check: 'disk.root-encrypted', state: 'fail', reason: 'x'.repeat(200) },
    { check: 'os.supported', state: 'fail', reason: 'x' },
    { check: 'network.firewall', state: 'unknown', reason: 'x' },
    { check: 'tpm.present', state: 'fail', reason: 'x', advisory: true },
  ]
  expect(factWords({ from: 'unknown', to: 'not-compliant', policy: 3, reasons })).toBe(
    'from unknown, to not-compliant, policy 3; fail: disk.root-encrypted, os.supported; unknown: network.firewall',
  )
})

test.each([
  [undefined, ''],
  ['text', ''],
  [{ reason: 'stolen' }, 'reason stolen'],
  [{ tier: 'tpm', notes: '' }, 'tier tpm'],
  [
    { host: 'spare', serial: 'PF-9', code: 'TOKEN_SERIAL_MISMATCH' },
    'host spare, serial PF-9, code TOKEN_SERIAL_MISMATCH',
  ],
])('of %j says %j', (facts, words) => expect(factWords(facts)).toBe(words))
