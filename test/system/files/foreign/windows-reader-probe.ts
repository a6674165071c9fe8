/**
 * Reads files with the real addon on the real Node for Windows and writes what came of it as JSON. The folder is made here, since
 * only Windows knows how its drive is written.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { SuretyError } from '../../../../src/base/errors.ts'
import { readMark } from '../../../../src/system/files/foreign/foreign-files.ts'
import {
  openWindowsFiles,
  trustedWindowsFiles,
  type WindowsFilesAddon,
} from '../../../../src/system/files/foreign/windows.ts'
import { toNativePath } from '../../../../src/system/files/windows-path.ts'

const ADDON = join(import.meta.dirname, '../../../../native/build/surety-native-win32-x64.node')
const addon: WindowsFilesAddon = createRequire(import.meta.url)(ADDON)
const root = 'C:/surety-files'
const native = toNativePath(root)
const large = { maxBytes: 100_000 }

function prepare(): void {
  mkdirSync(join(native, 'tree', 'folder'), { recursive: true })
  writeFileSync(join(native, 'tree', 'file'), 'hello')
  writeFileSync(join(native, 'tree', 'folder', 'a'), '')
  writeFileSync(join(native, 'tree', 'folder', 'b'), '')
  writeFileSync(join(native, 'Ünïcode ☃.txt'), '\ufeffsnow')
  writeFileSync(join(native, 'broken'), new Uint8Array([0x61, 0xff]))
  writeFileSync(join(native, 'whole'), Buffer.alloc(70_000, 'x'))
  writeFileSync(join(native, 'sparse'), '')
  truncateSync(join(native, 'sparse'), 2 ** 33)
  const deep = Array.from({ length: 30 }, (_, at) => `a long name of a folder ${at}`).join('\\')
  mkdirSync(`${native}\\${deep}`, { recursive: true })
  writeFileSync(`${native}\\${deep}\\end`, 'deep')
  mkdirSync(join(native, 'crowd'))
  for (let at = 0; at < 600; at++) writeFileSync(join(native, 'crowd', `a file with quite a long name ${at}`), '')
}

async function outcome<T>(act: () => Promise<T>): Promise<unknown> {
  try {
    return await act()
  } catch (error) {
    return error instanceof SuretyError ? error.code : String(error)
  }
}

async function look() {
  using files = openWindowsFiles(addon)
  const trusted = trustedWindowsFiles(addon)
  const tree = `${root}/tree`
  const text = (path: string, maxBytes = 100) => outcome(() => files.readText(path, { maxBytes }))
  const list = async (path: string, maxEntries = 1_000) => outcome(() => files.list(path, { maxEntries }))
  const deep = Array.from({ length: 30 }, (_, at) => `a long name of a folder ${at}`).join('/')
  const stat = async (path: string) => outcome(async () => (await files.stat(path)) ?? 'none')
  const crowd = await list(`${root}/crowd`)
  const before = readMark(`${native}\\tree\\file`)
  const facts = {
    read: [await text(`${tree}/file`, 5), await text(`${tree}/FILE`, 5), await text(`${tree}/file`, 4)],
    unicode: await text(`${root}/Ünïcode ☃.txt`),
    broken: await text(`${root}/broken`),
    whole: await outcome(async () => (await files.read(`${root}/whole`, large)).length),
    sparse: await text(`${root}/sparse`),
    deep: await text(`${root}/${deep}/end`),
    lists: [
      await list(tree),
      await list(`${tree}/folder`, 1),
      await list(`${tree}/file`),
      await list(`${tree}/absent`),
    ],
    crowd: [Array.isArray(crowd) ? crowd.length : crowd, await list(`${root}/crowd`, 599)],
    drive: Array.isArray(await list('C:/')),
    stats: [await stat(`${tree}/file`), await stat(`${tree}/folder`), await stat(`${tree}/absent`)],
    refused: [
      ...(await Promise.all(
        [
          ...[`${tree}/absent`, `${tree}/folder`, `${tree}/file/x`, `${tree}/../tree/file`, 'tree/file', '/tree/file'],
          ...[`${tree}/file:stream`, `${tree}/NUL`, `${tree}/fi*`, `${tree}/file.`, '//server/share/file', 'Q:/file'],
          ...[`${tree}/file\0`, `C:/${'x'.repeat(300)}`, 'c:/surety-files/tree/file'],
        ].map((path) => text(path)),
      )),
    ],
    withRegular: await outcome(() =>
      files.withRegular(`${tree}/file`, (open) => {
        const moved = [`${native}\\tree\\file`, `${native}\\tree`].map((path) => {
          try {
            renameSync(path, `${path}-moved`)
            renameSync(`${path}-moved`, path)
            return 'moved'
          } catch {
            return 'kept'
          }
        })
        return { text: readFileSync(open, 'utf8'), moved }
      }),
    ),
    trusted: [
      await outcome(() => trusted.readText(`${tree}/file`, { maxBytes: 5 })),
      await outcome(() => trusted.realPath('C:/SURETY-FILES/tree/FILE')),
    ],
    marks: [before, readMark(`${native}\\absent`)],
  }
  writeFileSync(`${native}\\tree\\file`, 'other')
  const after = readMark(`${native}\\tree\\file`)
  rmSync(native, { recursive: true, force: true })
  return { ...facts, changed: JSON.stringify(before) !== JSON.stringify(after) }
}

prepare()
look().then(
  (facts) => process.stdout.write(JSON.stringify(facts)),
  (error: unknown) => {
    process.stderr.write(String(error))
    process.exitCode = 1
  },
)
