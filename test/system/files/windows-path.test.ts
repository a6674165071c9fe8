import {
  isPlainName,
  toNativePath,
  toPortablePath,
  WINDOWS_PATH_PATTERN,
} from '../../../src/system/files/windows-path.ts'
import { codeThrown } from '../../support/code-thrown.ts'

test.each([
  ['C:\\Users\\ann\\x', 'C:/Users/ann/x'],
  ['c:/users/ann', 'C:/users/ann'],
  ['\\\\?\\C:\\Users\\ann', 'C:/Users/ann'],
  ['\\??\\d:\\x', 'D:/x'],
  ['C:\\', 'C:/'],
  ['C:\\x\\', 'C:/x'],
  ['C:\\a\\\\b\\.\\c\\..\\d', 'C:/a/b/d'],
  ['C:\\..\\..\\x', 'C:/x'],
  ['C:\\Program Files (x86)\\näme.with.dots', 'C:/Program Files (x86)/näme.with.dots'],
  ['C:\\contact\\console.log\\COM10\\null', 'C:/contact/console.log/COM10/null'],
])('%s is %s', (text, path) => {
  expect(toPortablePath(text)).toBe(path)
  expect(toPortablePath(path)).toBe(path)
})

test.each([
  ['nothing', ''],
  ['a relative path', 'Users\\ann'],
  ['a path on the current drive', '\\Users\\ann'],
  ['a path in the current folder of a drive', 'C:x'],
  ['a drive alone', 'C:'],
  ['a path of Unix', '/home/ann'],
  ['a share', '\\\\server\\share\\x'],
  ['a share with slashes', '//server/share/x'],
  ['a share behind the prefix', '\\\\?\\UNC\\server\\share\\x'],
  ['WSL', '\\\\wsl$\\Debian\\home\\ann'],
  ['a device', '\\\\.\\C:\\x'],
  ['a pipe', '\\\\.\\pipe\\surety-control'],
  ['a volume without a letter', '\\\\?\\Volume{01234567-89ab-cdef-0123-456789abcdef}\\x'],
  ['a device of the object manager', '\\Device\\HarddiskVolume3\\x'],
  ['the name of a device', 'C:\\x\\NUL'],
  ['the name of a device with an ending', 'C:\\x\\nul.txt'],
  ['the name of a device before a space and an ending', 'C:\\x\\con .log'],
  ['a folder with the name of a device', 'C:\\aux\\x'],
  ['a port', 'C:\\COM1'],
  ['a port with a superscript digit', 'C:\\LPT².x'],
  ['a stream', 'C:\\x.txt:hidden'],
  ['a stream of a folder', 'C:\\x::$INDEX_ALLOCATION'],
  ['a dot at the end', 'C:\\x\\name.'],
  ['a space at the end', 'C:\\x\\name '],
  ['a dot at the end of a folder', 'C:\\x.\\name'],
  ['a wildcard', 'C:\\x\\*.json'],
  ['a quotation mark', 'C:\\"x"'],
  ['a NUL', 'C:\\x\0y'],
  ['a newline', 'C:\\x\ny'],
  ['half a character', 'C:\\x\ud800'],
  ['slashes behind the prefix, where they are no separators', '\\\\?\\C:\\a/b'],
  ['a step up behind the prefix, where it is a name', '\\\\?\\C:\\a\\..\\b'],
  ['a name that is too long', `C:\\${'x'.repeat(256)}`],
  ['a path that is too long', `C:\\${'x\\'.repeat(16_400)}`],
])('%s is refused', (_, text) => {
  expect(toPortablePath(text)).toBeUndefined()
})

const setting = new RegExp(WINDOWS_PATH_PATTERN, 'u')

test.each(['C:\\', 'c:/', 'C:\\ProgramData\\Surety\\state', 'D:/surety/', 'C:\\com\\Console\\nul-file', 'C:\\a b\\.x'])(
  '%j is a path in settings, and has a portable form',
  (path) => {
    expect([setting.test(path), typeof toPortablePath(path)]).toEqual([true, 'string'])
  },
)

test.each([
  ...['C:', 'C:x', '\\x', '/x', '\\\\server\\share\\x', '\\\\?\\C:\\x', '\\\\.\\pipe\\x', 'C:\\x:y', 'C:\\x.'],
  ...[
    'C:\\x \\y',
    'C:\\nul',
    'C:\\x\\CON.txt',
    'C:\\Aux\\x',
    'C:\\com1 .log',
    'C:\\LPT³',
    'C:\\conin$',
    'C:\\..\\x',
    'C:\\x\\*',
    '',
  ],
])('%j is no path in settings', (path) => {
  expect(setting.test(path)).toBe(false)
})

test('a path of 32,000 characters is one', () => {
  const path = `C:/${`${'x'.repeat(99)}/`.repeat(319)}x`
  expect(toPortablePath(path)).toBe(path)
  expect(toNativePath(path)).toBe(`\\\\?\\${path.replaceAll('/', '\\')}`)
})

test('calls of Windows get the prefix', () => {
  expect(toNativePath('C:/Users/ann/x')).toBe('\\\\?\\C:\\Users\\ann\\x')
  expect(toNativePath('C:/')).toBe('\\\\?\\C:\\')
})

test.each(['c:/x', 'C:\\x', 'C:/x/', 'C:/x/../y', 'C:/x//y', 'C:/NUL', '/x', 'x', '//server/share'])(
  '%j is no path for a call',
  async (path) => {
    expect(await codeThrown(() => toNativePath(path))).toBe('FILE_UNREADABLE')
  },
)

test.each(['', '.', '..', 'a/b', 'a\\b', 'prn', 'Com9.tar.gz', 'x:y', 'x.', 'x '])('%j is no name', (name) => {
  expect(isPlainName(name)).toBe(false)
})

test.each(['x', '.config', 'a b', 'console', 'com', 'nul-file', 'Ünïcode'])('%j is a name', (name) => {
  expect(isPlainName(name)).toBe(true)
})
