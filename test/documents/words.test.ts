import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bannedIn, literalsIn } from './banned-words.ts'

const SRC = resolve(import.meta.dirname, '../../src')

/** Texts that stay, with the reason. */
const KEPT: Readonly<Record<string, string>> = {
  'the device has connected anew': 'a vector of the protocol has it',
}

/** Steps of the database's schema: their comments are for programmers. */
const MIGRATIONS = 'directory/store/migrations/'

test('help, messages and errors have none of the words that sound translated', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith(MIGRATIONS),
  )
  expect(files.length).toBeGreaterThan(100)
  const found = files.flatMap((file) =>
    literalsIn(readFileSync(join(SRC, file), 'utf8'))
      .filter((text) => KEPT[text] === undefined && bannedIn(text).length > 0)
      .map((text) => `${file}: ${bannedIn(text).join(', ')}: ${text}`),
  )
  expect(found).toEqual([])
})

test.each([
  [`log.info('a stop stands on this device')`, ['stands']],
  ['out(`it goes on, by itself`)', ['goes on', 'by itself']],
  [`// it goes on\nconst mode = 'anew'`, []],
  [`throw new Error('reads the recommended amendment')`, []],
])('finds them in literals with words, and not in comments: %s', (source, words) => {
  expect(literalsIn(source).flatMap(bannedIn)).toEqual(words)
})
