import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What macOS installs: files and folders of root and wheel. */
export interface Entry {
  /** Begins with `.`, as the installer writes paths. */
  readonly path: string
  readonly isFolder: boolean
  /** Kind and rights, as `stat` has them. */
  readonly mode: number
  readonly content: Uint8Array
}

const FOLDER = 0o040000
const FILE = 0o100000

/** All in a folder with the folder itself, each after its parent. @throws for what is neither a file nor a folder. */
export function entriesOf(folder: string): readonly Entry[] {
  const paths = ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()]
  return paths.map((path) => {
    const found = lstatSync(join(folder, path))
    const isFolder = found.isDirectory()
    if (!isFolder && !found.isFile()) throw new Error(`${path} is neither a file nor a folder`)
    const mode = (isFolder ? FOLDER : FILE) | (found.mode & 0o777)
    const content = isFolder ? new Uint8Array() : readFileSync(join(folder, path))
    return { path: path === '' ? '.' : `./${path}`, isFolder, mode, content }
  })
}
