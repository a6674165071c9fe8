import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { bannedInDocument } from './banned-words.ts'
import { tooLong } from './readable-text.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DECISIONS = join(ROOT, 'docs/decisions')

/** All Markdown documents a person reads. */
const DOCUMENTS = [
  ...['README', 'CONTRIBUTING', 'SECURITY', 'CHANGELOG'].map((name) => join(ROOT, `${name}.md`)),
  ...['docs', 'docs/decisions', 'docs/admin', 'docs/reference'].flatMap((folder) => markdownIn(join(ROOT, folder))),
]

const LINK = /\]\(([^)\s]+)\)/g
const HEADING = /^#+ (.*)$/gm

function markdownIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
}

/** The anchor that GitHub makes of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')
}

/** One line per link of `text` to a file or heading of this repository that does not exist. */
function brokenLinks(document: string, text: string): string[] {
  return [...text.matchAll(LINK)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return []
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? document : resolve(dirname(document), path)
    const line = `${relative(ROOT, document)} -> ${target}`
    if (!existsSync(file)) return [`${line}: no such file`]
    if (anchor === undefined) return []
    const headings = [...readFileSync(file, 'utf8').matchAll(HEADING)].map(([, heading = '']) => anchorOf(heading))
    return headings.includes(anchor) ? [] : [`${line}: no such heading`]
  })
}

test('every link of a document leads to a file and a heading', () => {
  expect(DOCUMENTS.length).toBeGreaterThan(20)
  expect(DOCUMENTS.flatMap((document) => brokenLinks(document, readFileSync(document, 'utf8')))).toEqual([])
})

test.each([
  ['[a](docs/nowhere.md)', 'README.md -> docs/nowhere.md: no such file'],
  ['[a](docs/glossary.md#nowhere)', 'README.md -> docs/glossary.md#nowhere: no such heading'],
  ['![a](docs/pictures/nowhere.svg)', 'README.md -> docs/pictures/nowhere.svg: no such file'],
])('catches %s', (text, line) => expect(brokenLinks(join(ROOT, 'README.md'), text)).toEqual([line]))

/** Its cells are lists of folders. */
const IMPORTS = join(ROOT, 'docs/reference/imports.md')

test.each(DOCUMENTS.filter((path) => path !== IMPORTS))(
  '%s has no sentence, paragraph or cell that is too long',
  (document) => {
    expect(tooLong(readFileSync(document, 'utf8'))).toEqual([])
  },
)

const run = (count: number) => Array.from({ length: count }, () => 'word').join(' ')
test.each([
  [`${run(36)}.`, ['sentence of 36 words']],
  [`- ${run(20)}\n  ${run(16)}.`, ['sentence of 36 words']],
  [`${run(30)}. ${run(30)}. ${run(21)}.`, ['paragraph of 81 words']],
  [`| a | ${run(31)} |\n|---|---|`, ['cell of 31 words']],
  [`${run(35)}. ${run(35)}. ${run(10)}.\n\n| ${run(30)} |\n\`\`\`sh\n${run(99)}\n\`\`\``, []],
])('measures %j', (text, found) => {
  expect(tooLong(text).map((line) => line.split(':')[0])).toEqual(found)
})

const MANUALS = readdirSync(join(ROOT, 'docs/man')).map((name) => join(ROOT, 'docs/man', name))
/** Its bytes are those of a session. */
const VECTORS = join(ROOT, 'docs/reference/protocol-session.md')

test.each([...DOCUMENTS, ...MANUALS].filter((path) => path !== VECTORS))('%s has no banned word', (document) => {
  expect(bannedInDocument(readFileSync(document, 'utf8'))).toEqual([])
})

test.each([
  ['Until then a stop stands alone.', 2],
  ['```\na stop stands\n```\nUse `stands` for a stand-in.', 0],
])('counts the banned words of %j', (text, count) => expect(bannedInDocument(text)).toHaveLength(count))

test('every decision is in the index, with its title and date', () => {
  const rows = markdownIn(DECISIONS)
    .sort()
    .flatMap((path) => {
      const [, number, title] = /^# (\d{4}): (.+)$/m.exec(readFileSync(path, 'utf8')) ?? []
      if (number === undefined) return []
      const [, date = 'no date'] = /^Date: (\d{4}-\d{2}-\d{2})$/m.exec(readFileSync(path, 'utf8')) ?? []
      return [`| [${number}](${relative(DECISIONS, path)}) | ${title} | ${date} |`]
    })
  const index = readFileSync(join(DECISIONS, 'README.md'), 'utf8')
  expect(rows.length).toBeGreaterThan(40)
  expect(index.split('\n').filter((line) => /^\| \[\d{4}\]/.test(line))).toEqual(rows)
})

const PATH = /`((?:src|native|installers|scripts|test|docs)\/[^`* ]+)`/g

/** Paths that a document names. A name in capitals stands for one of several. */
function pathsIn(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8')
  return [...text.matchAll(PATH)].map(([, path = '']) => path).filter((path) => !/[A-Z]{4}/.test(path))
}

test.each([
  ['docs/how-to-add.md', 25],
  ['docs/architecture.md', 20],
])('%s names files and folders that exist', (document, least) => {
  const paths = pathsIn(document)
  expect(paths.length).toBeGreaterThan(least)
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('the architecture names fifteen places, each with a path', () => {
  const section = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8').split(/^## /m)[1] ?? ''
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
  expect(rows).toHaveLength(15)
  expect(rows.filter((row) => row.match(PATH) === null)).toEqual([])
})

test('how-to-add.md names tables that exist', () => {
  const text = readFileSync(join(ROOT, 'docs/how-to-add.md'), 'utf8')
  const tables = [...text.matchAll(/`([A-Z]+(?:_[A-Z]+)+|CHECKS|SOURCES|REMEDIES)`[^`]*? in\s+`(src\/[^`]+)`/g)]
  expect(tables.length).toBeGreaterThan(4)
  const missing = tables.filter(
    ([, name = '', path = '']) => !readFileSync(join(ROOT, path), 'utf8').includes(`const ${name}`),
  )
  expect(missing.map(([, name]) => name)).toEqual([])
})
