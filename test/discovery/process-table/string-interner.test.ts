import { StringInterner } from '../../../src/discovery/process-table/string-interner.ts'

const PROMPT = `fix it ${'x'.repeat(4_000)}`
const kept = (argv: readonly string[], many = false) => {
  const { argv: words, ...rest } = new StringInterner().arguments(argv, many)
  return { last: words.at(-1), ...rest }
}

test('the flag behind a long text is kept, also where very many processes run', () => {
  const argv = ['claude', '-p', PROMPT, '--yolo']
  for (const many of [false, true]) expect(kept(argv, many)).toEqual({ last: '--yolo', argumentsCut: true })
})

test('a long path is kept whole where very many processes run', () => {
  const path = `/x/${'y'.repeat(300)}.js`
  expect(kept(['node', path], true)).toEqual({ last: path })
})

test('where arguments are left out, or were not read, that is said', () => {
  const missing = { argumentsCut: true, argumentsMissing: true }
  expect(kept(['claude', ...Array(9).fill(PROMPT), '--yolo'])).toMatchObject(missing)
  expect(kept(['claude', ...Array(9).fill(PROMPT), '--yolo'], true)).toMatchObject(missing)
  // As much as is read of any process, and one byte less.
  expect(kept(['claude', 'é'.repeat((128 * 1024 - 8) / 2)])).toMatchObject(missing)
  expect(kept(['claude', 'x'.repeat(128 * 1024 - 9)])).not.toHaveProperty('argumentsMissing')
})
