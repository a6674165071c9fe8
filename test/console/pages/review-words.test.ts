import { closeAct } from '../../../src/console/pages/reviews/review-words.ts'

const ANSWERS = { silent: 45, keep: 14, suspend: 0, end: 4 }

test.each([
  ['keep', 'Close: keep 59, retire 4'],
  ['suspend', 'Close: keep 14, suspend 45, retire 4'],
  ['retire', 'Close: keep 14, retire 49'],
] as const)('silence that means %s counts with the answers', (silence, words) => {
  expect(closeAct({ answers: ANSWERS, silence }, false)).toBe(words)
})

test('a review that is discarded does nothing, also where silence retires', () => {
  expect(closeAct({ answers: ANSWERS, silence: 'retire' }, true)).toBe('Close, and do nothing to 63 agents')
})

test('a review without agents is only closed', () => {
  expect(closeAct({ answers: { silent: 0, keep: 0, suspend: 0, end: 0 }, silence: 'retire' }, false)).toBe('Close')
})
