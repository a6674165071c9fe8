import { isAbsolutePath, isWindowsPath, pathKey } from '../../src/base/absolute-path.ts'

test.each(['/', '/home/ann', 'C:/', 'C:/Users/ann', '/C:/x', '//host/share'])('%s is absolute', (path) => {
  expect(isAbsolutePath(path)).toBe(true)
})

test.each(['', 'x', './x', '~/x', 'C:', 'C:x', 'c:/x', 'C:\\x', '\\x', '\\\\host\\share', ' /x', 'CD:/x'])(
  '%j is not absolute',
  (path) => {
    expect(isAbsolutePath(path)).toBe(false)
  },
)

test('only those with a drive are of Windows', () => {
  expect(['/x', 'C:/x', 'C:/'].map(isWindowsPath)).toEqual([false, true, true])
})

test('spellings of one path on Windows have one key, and elsewhere each has its own', () => {
  expect(pathKey('C:/Users/Ann/Ünïcode')).toBe(pathKey('C:/USERS/ann/üNÏCODE'))
  expect(pathKey('C:/Users')).not.toBe(pathKey('D:/Users'))
  expect(pathKey('/home/Ann')).toBe('/home/Ann')
  expect(pathKey('/home/Ann')).not.toBe(pathKey('/home/ann'))
})

test('letters whose other case is more than one character stay what they are', () => {
  expect(pathKey('C:/straße')).not.toBe(pathKey('C:/STRASSE'))
  expect(pathKey('C:/ﬁle')).not.toBe(pathKey('C:/file'))
  expect(pathKey('C:/\u{10428}')).not.toBe(pathKey('C:/\u{10400}'))
})
