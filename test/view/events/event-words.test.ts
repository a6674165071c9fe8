import { factWords } from '../../../src/view/events/event-words.ts'

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

const NOTICED = Date.UTC(2026, 10, 29, 21, 57, 1)

test.each([
  [
    { what: 'removed', deviceTime: NOTICED, by: '0', reason: 'sold' },
    'removed: suretyd was removed by root: sold; noticed 2026-11-29 21:57:01Z',
  ],
  [
    { what: 'stopped', deviceTime: NOTICED, durationMs: 150_000, cause: 'killed' },
    'stopped: suretyd did not run for 2 min: it was killed or crashed; noticed 2026-11-29 21:57:01Z',
  ],
  [
    { what: 'settings-changed', deviceTime: NOTICED, names: 'log.level, tray.show' },
    'settings-changed: settings changed: log.level, tray.show; noticed 2026-11-29 21:57:01Z',
  ],
  // Facts of another kind that have a word in common, and signs of a newer version.
  [{ what: 'removed', by: 'root' }, 'what removed, by root'],
  [{ what: 'vanished', deviceTime: 1 }, 'what vanished, device time 1'],
])('a tamper sign %j says %j', (facts, words) => expect(factWords(facts)).toBe(words))
