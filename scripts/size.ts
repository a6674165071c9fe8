/** `npm run size`: how much code there is and how it is cut, beside the commit that is given, or the last one on main. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  filesByFolder,
  fragments,
  lineCount,
  linesByRoom,
  MOST_FILES_IN_FOLDER,
} from '../test/architecture/code-sizes.ts'
import { SUITE_SECONDS_FILE } from './suite-seconds.ts'

const root = resolve(import.meta.dirname, '..')
const DATA = /^(docs\/schemas|src\/discovery\/catalogue|test\/fixtures)\/.*\.json$/
const FOLDERS = ['src', 'test', 'native', 'scripts', 'bench', 'installers']

const [base = 'main'] = process.argv.slice(2)
const now = sourcesNow()
const before = sourcesAt(base)
if (before === undefined) console.log(`there is no commit ${base}: only the figures of this folder are shown`)

row('', base, 'here')
for (const folder of FOLDERS) figure(`lines of ${folder}`, (sources) => sum(below(sources, folder), lineCount))
figure('lines of data', (sources) => sum(new Map([...sources].filter(([path]) => DATA.test(path))), lineCount))
figure('files of src', (sources) => code(below(sources, 'src')).size)
figure(`folders of over ${MOST_FILES_IN_FOLDER} files`, (sources) => crowded(sources).length)
figure('short files with one importer beside them', (sources) => fragments(code(below(sources, 'src'))).length)

console.log()
row('lines by room', base, 'here')
const [rooms, earlier] = [linesByRoom(code(now)), before && linesByRoom(code(before))]
for (const [room, lines] of [...rooms].sort(([, one], [, other]) => other - one)) row(room, earlier?.get(room), lines)

console.log()
for (const [folder, files] of crowded(now)) row(folder, '', `${files} files`)
const seconds = join(root, SUITE_SECONDS_FILE)
if (existsSync(seconds)) console.log(`\nseconds of the last run of each suite: ${readFileSync(seconds, 'utf8').trim()}`)

function figure(name: string, count: (sources: ReadonlyMap<string, string>) => number): void {
  row(name, before && count(before), count(now))
}

function row(name: string, ...cells: readonly (string | number | undefined)[]): void {
  console.log(name.padEnd(46), ...cells.map((cell) => String(cell ?? '').padStart(9)))
}

function crowded(sources: ReadonlyMap<string, string>): [string, number][] {
  const rooms = [...filesByFolder(sources)].filter(([folder]) => /^(src|native|test)\b/.test(folder))
  return rooms.filter(([, files]) => files > MOST_FILES_IN_FOLDER).sort(([, one], [, other]) => other - one)
}

function below(sources: ReadonlyMap<string, string>, folder: string): Map<string, string> {
  return new Map([...code(sources)].filter(([path]) => path.startsWith(`${folder}/`)))
}

function code(sources: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...sources].filter(([path]) => /\.(ts|c|m)$/.test(path)))
}

function sum(sources: ReadonlyMap<string, string>, count: (text: string) => number): number {
  return [...sources.values()].reduce((total, text) => total + count(text), 0)
}

function sourcesNow(): Map<string, string> {
  const paths = git(['ls-files', '--cached', '--others', '--exclude-standard']).split('\n').filter(isCounted)
  const there = paths.filter((path) => existsSync(join(root, path)))
  return new Map(there.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

function sourcesAt(commit: string): Map<string, string> | undefined {
  try {
    const archive = git(['ls-tree', '-r', commit]).split('\n')
    const blobs = archive.flatMap((line) => /^\d+ blob (\w+)\t(.+)$/.exec(line)?.slice(1, 3) ?? [])
    const paths = blobs.filter((_, index) => index % 2 === 1)
    const wanted = paths.flatMap((path, index) => (isCounted(path) ? [{ path, blob: blobs[index * 2] ?? '' }] : []))
    const input = wanted.map(({ blob }) => blob).join('\n')
    const all = execFileSync('git', ['cat-file', '--batch'], { cwd: root, input, maxBuffer: 2 ** 30 })
    return textsOf(
      all,
      wanted.map(({ path }) => path),
    )
  } catch {
    return undefined
  }
}

/** @param batch the answer of `git cat-file --batch`: for each blob a line that ends with its size, its bytes, a line feed. */
function textsOf(batch: Buffer, paths: readonly string[]): Map<string, string> {
  const texts = new Map<string, string>()
  let at = 0
  for (const path of paths) {
    const lineEnd = batch.indexOf('\n', at)
    const bytes = Number(batch.toString('utf8', at, lineEnd).split(' ').at(-1))
    texts.set(path, batch.toString('utf8', lineEnd + 1, lineEnd + 1 + bytes))
    at = lineEnd + 1 + bytes + 1
  }
  return texts
}

function isCounted(path: string): boolean {
  return DATA.test(path) || (/\.(ts|c|m)$/.test(path) && FOLDERS.some((folder) => path.startsWith(`${folder}/`)))
}

function git(args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
}
