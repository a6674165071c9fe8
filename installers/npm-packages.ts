import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './description.ts'

/** The packages of npm that programs are made of, by the lock file. */

export interface NpmPackage {
  readonly name: string
  readonly version: string
  /** As SPDX names it. */
  readonly license: string
  /** SHA-512 of the archive, in hexadecimal. */
  readonly sha512: string
  /** `NAME@VERSION` each. */
  readonly dependsOn: readonly string[]
  /** From the root of the project; more than one where npm has copies. */
  readonly folders: readonly string[]
}

interface Locked {
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface LockFile {
  /** By folder from the root of the project, which is ''. */
  readonly packages: Readonly<Record<string, Locked>>
}

/** Node itself, one package for each system. */
const RUNTIME = /^node-(?:bin-)?(?:linux|win|darwin)-\w+$/

export const isRuntime = ({ name }: Pick<NpmPackage, 'name'>): boolean => RUNTIME.test(name)

export function lockFileOfProject(): LockFile {
  return JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
}

/** All that the programs need, also what development needs too. In the order of `NAME@VERSION`. */
export function npmPackages({ packages }: LockFile): readonly NpmPackage[] {
  const found = new Map<string, NpmPackage>()
  for (const [folder, locked] of Object.entries(packages)) {
    if (folder === '' || locked.dev === true) continue
    const one = packageOf(folder, locked, packages)
    const id = idOf(one)
    found.set(id, { ...one, folders: [...(found.get(id)?.folders ?? []), folder] })
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, each]) => each)
}

export const idOf = ({ name, version }: Pick<NpmPackage, 'name' | 'version'>): string => `${name}@${version}`

/** What the project itself names. */
export function directDependencies({ packages }: LockFile): readonly string[] {
  return dependenciesOf('', packages[''] ?? {}, packages)
}

function packageOf(folder: string, locked: Locked, packages: LockFile['packages']): NpmPackage {
  const { version, license, integrity } = locked
  const [kind, base64] = integrity?.split('-') ?? []
  if (version === undefined || license === undefined || kind !== 'sha512' || base64 === undefined)
    throw new Error(`package-lock.json does not say version, licence and SHA-512 of ${folder}`)
  return {
    name: nameOf(folder),
    version,
    license,
    sha512: Buffer.from(base64, 'base64').toString('hex'),
    dependsOn: dependenciesOf(folder, locked, packages),
    folders: [folder],
  }
}

function dependenciesOf(folder: string, locked: Locked, packages: LockFile['packages']): readonly string[] {
  const names = Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })
  const ids = names.flatMap((name) => {
    const found = folderOf(name, folder, packages)
    const version = found === undefined ? undefined : packages[found]?.version
    return version === undefined ? [] : [idOf({ name, version })]
  })
  return [...new Set(ids)].sort()
}

/** As Node looks for a package: in the folder of who loads it, then further up. */
function folderOf(name: string, from: string, packages: LockFile['packages']): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const folder = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (Object.hasOwn(packages, folder)) return folder
    if (at === '') return undefined
  }
}

const nameOf = (folder: string) => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
