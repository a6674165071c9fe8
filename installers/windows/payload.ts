import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { programVersion } from './program-version.ts'
import { stableId } from './stable-ids.ts'

/** A file of the package. Its component is its own: Windows Installer counts and repairs components. */
export interface PackagedFile {
  /** Also the name in the cabinet. */
  readonly id: string
  readonly component: string
  readonly componentId: string
  readonly folder: string
  /** From the folder of the program, with `/`. */
  readonly path: string
  readonly source: string
  readonly name: string
  readonly size: number
  readonly version: string | undefined
  readonly feature: 'Main' | 'Tray'
}

export interface PackagedFolder {
  readonly id: string
  readonly parent: string
  readonly name: string
}

export interface Payload {
  readonly files: readonly PackagedFile[]
  /** Below the folder of the program, each after its parent. */
  readonly folders: readonly PackagedFolder[]
}

/** The lower-case letters make it a private property, which no command line can set. Its rights are set, and programs in it are ended. */
export const PROGRAM_FOLDER = 'ProgramFolder'
export const TRAY_PROGRAM = 'surety-tray.exe'
const TRAY = /^surety-tray[^/]*$/

/** What lies in a folder. Ids follow from paths: one path has the same ids in each build. */
export function payloadOf(staged: string): Payload {
  const entries = readdirSync(staged, { recursive: true, withFileTypes: true })
  const pathOf = (entry: (typeof entries)[number]) =>
    join(entry.parentPath, entry.name)
      .slice(staged.length + 1)
      .replaceAll('\\', '/')
  const folderPaths = entries.filter((entry) => entry.isDirectory()).map(pathOf)
  const paths = entries.filter((entry) => entry.isFile()).map(pathOf)
  const folderIds = new Map(folderPaths.toSorted().map((path, at) => [path, `Folder${at + 1}`]))
  const idOfFolder = (path: string) => folderIds.get(parentOf(path)) ?? PROGRAM_FOLDER
  const folders = [...folderIds].map(([path, id], at) => ({
    id,
    parent: idOfFolder(path),
    name: `D${at + 1}|${nameOf(path)}`,
  }))
  const files = paths.toSorted().map((path, at): PackagedFile => {
    const content = readFileSync(join(staged, path))
    const extension = extname(path)
      .slice(1, 4)
      .replaceAll(/[^a-z0-9]/gi, '')
    return {
      id: `File${at + 1}`,
      component: `Component${at + 1}`,
      componentId: stableId(`component of ${path}`),
      folder: idOfFolder(path),
      path,
      source: join(staged, path),
      // The first name is for programs of sixteen bits; the table wants it.
      name: `F${at + 1}.${extension || 'x'}|${nameOf(path)}`,
      size: content.length,
      version: /\.(exe|dll)$/.test(path) ? programVersion(content) : undefined,
      feature: TRAY.test(path) ? 'Tray' : 'Main',
    }
  })
  return { files, folders }
}

const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)
