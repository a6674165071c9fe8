import { similarWords } from '../../../src/base/text/similar-words.ts'
import { CHECKS } from '../../../src/checks/checks.ts'
import { EVENT_KINDS } from '../../../src/protocol/nouns/directory/events.ts'

test.each([
  ['disk.encryption', 'disk.root-encrypted'],
  ['DISK', 'disk.root-encrypted'],
  ['firewall', 'network.firewall'],
])('%s is like the check %s', (typed, similar) => {
  expect(similarWords(typed, CHECKS)[0]).toBe(similar)
})

test.each([
  ['an empty word', ''],
  ['a letter', 'a'],
  ['another word', 'nosuch'],
  ['a sequence of a terminal', '\u001b[2J'],
  ['a long word', 'q'.repeat(1_000_000)],
])('%s is like no check', (_name, typed) => {
  expect(similarWords(typed, CHECKS)).toEqual([])
})

test('the best three come, words that contain what was typed first', () => {
  expect(similarWords('registered', [...EVENT_KINDS, 'agent-registered-at-once'])).toEqual([
    'agent-registered',
    'devices-preregistered',
    'agent-registered-at-once',
  ])
})
