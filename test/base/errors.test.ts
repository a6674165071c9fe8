import { describeError, SuretyError } from '../../src/base/errors.ts'

const caused = (message: string, cause: unknown) => new SuretyError('STORE_FAILED', message, { cause })

test.each([
  ['one message', new Error('disk full'), 'disk full'],
  [
    'causes, outermost first',
    caused('cannot write', caused('cannot sync', new Error('disk full'))),
    'cannot write: cannot sync: disk full',
  ],
  [
    'a cause that the outer message repeats',
    caused('cannot write: disk full', new Error('disk full')),
    'cannot write: disk full',
  ],
  ['the same words twice', caused('disk full', new Error('disk full')), 'disk full'],
  ['an inner cause that an outer message repeats', caused('a, c', caused('b', new Error('c'))), 'a, c: b'],
  ['an error without words', caused('cannot write', new TypeError('')), 'cannot write: TypeError'],
  ['a cause that is no error', caused('cannot write', 'disk full'), 'cannot write: disk full'],
  ['nothing at all', null, 'null'],
  [
    'an errno at the end of the outer message',
    caused('folder "/x": ENOENT', new Error("ENOENT: no such file or directory, lstat '/x'")),
    'folder "/x": ENOENT: no such file or directory, lstat \'/x\'',
  ],
])('%s', (_, error, text) => expect(describeError(error)).toBe(text))

test('stops at a cycle of causes', () => {
  const first = new Error('first')
  first.cause = caused('second', first)
  expect(describeError(first)).toBe('first: second')
})
