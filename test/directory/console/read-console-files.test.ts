import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { codeOf } from '../../../src/base/errors.ts'
import { readConsoleFiles } from '../../../src/directory/console/read-console-files.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'surety-console-'))
  for (const [name, text] of [
    ['index.html', '<!doctype html>'],
    ['assets/main-AB12.js', 'start()'],
    ['assets/main-AB12.js.map', '{}'],
  ] as const) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    for (const [end, content] of [
      ['', text],
      ['.br', `br ${text}`],
      ['.gz', `gz ${text}`],
    ] as const) {
      writeFileSync(`${path}${end}`, content, { mode: 0o644 })
    }
  }
})

afterEach(() => rmSync(folder, { recursive: true }))

const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString()

test('the page is at the root, and is asked for again each time', () => {
  const page = readConsoleFiles(folder).find('/')
  expect(textOf(page?.body)).toBe('<!doctype html>')
  expect(page?.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
  expect(textOf(page?.encoded?.br)).toBe('br <!doctype html>')
  expect(textOf(page?.encoded?.gzip)).toBe('gz <!doctype html>')
})

test('a file with a hash in its name is kept by browsers', () => {
  const script = readConsoleFiles(folder).find('/assets/main-AB12.js')
  expect(script?.headers['cache-control']).toContain('immutable')
})

test.each(['/assets/main-AB12.js.map', '/assets/main-AB12.js.br', '/../index.html', '/assets', '/Index.html', ''])(
  'there is no %s',
  (path) => expect(readConsoleFiles(folder).find(path)).toBeUndefined(),
)

test('two contents have two etags', () => {
  const files = readConsoleFiles(folder)
  expect(files.find('/')?.headers.etag).not.toBe(files.find('/assets/main-AB12.js')?.headers.etag)
})

test('a file that anybody may write is refused', () => {
  chmodSync(join(folder, 'assets/main-AB12.js.gz'), 0o666)
  try {
    readConsoleFiles(folder)
    throw new Error('it was read')
  } catch (error) {
    expect(codeOf(error)).toBe('CONFIG_INVALID')
  }
})
