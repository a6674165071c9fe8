import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bannedInTitle } from './banned-words.ts'
import { titlesIn } from './test-titles.ts'

const TESTS = resolve(import.meta.dirname, '..')
const MAX_CHARACTERS = 80

const isWrong = (title: string) => title.length > MAX_CHARACTERS || bannedInTitle(title).length > 0

test('titles of tests have at most 80 characters and none of the banned words', () => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const titles = files.flatMap((file) =>
    titlesIn(readFileSync(join(TESTS, file), 'utf8')).map((title) => ({ file, title })),
  )
  expect(titles.length).toBeGreaterThan(5_000)
  expect(titles.filter(({ title }) => isWrong(title))).toEqual([])
})

test.each([
  [`test('one', () => {})\n  test.skip("it's two", async () => {})`, ['one', "it's two"]],
  ['describe(\n  `three`,\n  ofAll,\n)', ['three']],
  [`test.each(rows)('%s is four', (row) => {})`, ['%s is four']],
  [`  onWindows('five', async (windows) => {})`, ['five']],
  [`await waitFor('no title', () => true)\nregExp.test('nor this')\nlog.info('or this', {})`, []],
])('finds the titles in %s', (source, titles) => {
  expect(titlesIn(source)).toEqual(titles)
})

test.each([
  ['tells what a device told', ['told']],
  ['Nobody, whatever they say, goes on', ['goes on', 'nobody', 'whatever']],
  ['reports an unknown agent with its signals and none of its text', []],
])('finds the banned words in: %s', (title, words) => {
  expect(bannedInTitle(title).toSorted()).toEqual(words)
})
