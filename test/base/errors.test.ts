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
    'a cause that its effect quotes',
    caused('cannot write: disk full', new Error('disk full')),
    'cannot write: disk full',
  ],
  ['the same words twice', caused('disk full', new Error('disk full')), 'disk full'],
  ['a cause two steps down that was quoted', caused('a, c', caused('b', new Error('c'))), 'a, c: b'],
  ['an error without words', caused('cannot write', new TypeError('')), 'cannot write: TypeError'],
  ['what is no error', caused('cannot write', 'disk full'), 'cannot write: disk full'],
  ['nothing at all', null, 'null'],
  [
    'an errno that its effect ends with',
    caused('folder "/x": ENOENT', new Error("ENOENT: no such file or directory, lstat '/x'")),
    'folder "/x": ENOENT: no such file or directory, lstat \'/x\'',
  ],
])('%s', (_, error, text) => expect(describeError(error)).toBe(text))

test('causes that go in a circle end', () => {
  const first = new Error('first')
  first.cause = caused('second', first)
  expect(describeError(first)).toBe('first: second')
})
