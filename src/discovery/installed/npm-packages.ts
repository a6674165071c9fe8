import { codeOf } from '../../base/errors.ts'
import { textOf } from '../../base/json-object.ts'
import { portableText } from '../../system/files/portable-text.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Folders } from '../files/folders.ts'
import { readJsonFile } from '../formats/json-file.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import type { Installation } from './installation.ts'

const MAX_PACKAGE_BYTES = 1024 * 1024

/** The npm packages of the catalogue in one `node_modules`, with the version of each `package.json`. */
export async function findNpmPackages(
  components: { readonly folders: Folders; readonly onFault: (path: string, error: unknown) => void },
  entries: readonly CatalogueEntry[],
  nodeModules: string,
): Promise<Installation[]> {
  const { folders } = components
  if ((await folders.list(nodeModules)).length === 0) return []
  const found: Installation[] = []
  for (const entry of entries) {
    for (const { name } of entry.npm ?? []) {
      const kind = await kindOf(folders, nodeModules, name)
      if (kind === undefined) continue
      const path = `${nodeModules}/${name}`
      const version =
        kind === 'link' ? await linkedVersion(folders, nodeModules, name) : await packageVersion(components, path, name)
      if (version !== false) found.push({ entry, path, version, evidence: `npm package ${name}`, weak: false })
    }
  }
  return found
}

async function kindOf(folders: Folders, nodeModules: string, name: string): Promise<'directory' | 'link' | undefined> {
  const slash = name.indexOf('/')
  const parent = slash === -1 ? nodeModules : `${nodeModules}/${name.slice(0, slash)}`
  const own = slash === -1 ? name : name.slice(slash + 1)
  // A scope that is not there is not looked for.
  if (slash !== -1 && !(await folders.list(nodeModules)).some((entry) => entry.name === name.slice(0, slash)))
    return undefined
  const kind = (await folders.list(parent)).find((entry) => entry.name === own)?.kind
  return kind === 'directory' || kind === 'link' ? kind : undefined
}

/** @returns false when the folder holds another package, or none. */
async function packageVersion(
  components: { readonly folders: Folders; readonly onFault: (path: string, error: unknown) => void },
  path: string,
  name: string,
): Promise<string | undefined | false> {
  const file = `${path}/package.json`
  try {
    const manifest = await readJsonFile(components.folders.files, file, MAX_PACKAGE_BYTES)
    if (textOf(manifest, 'name') !== name) return false
    const version = textOf(manifest, 'version')
    return version === undefined ? undefined : boundedText(version, 64)
  } catch (error) {
    if (codeOf(error) === 'FILE_ABSENT') return false
    components.onFault(file, error)
    return undefined
  }
}

/** pnpm links packages from a store whose folders are called `name@version`; a link is not followed to learn that. */
async function linkedVersion(folders: Folders, nodeModules: string, name: string): Promise<string | undefined> {
  const hasStore = (await folders.list(nodeModules)).some(
    (entry) => entry.name === '.pnpm' && entry.kind === 'directory',
  )
  if (!hasStore) return undefined
  const prefix = `${name.replace('/', '+')}@`
  const versions = (await folders.list(`${nodeModules}/.pnpm`))
    .filter((entry) => entry.name.startsWith(prefix))
    .map((entry) => entry.name.slice(prefix.length).split(/[(_]/, 1)[0] ?? '')
  const [only, ...more] = new Set(versions)
  return only === undefined || more.length > 0 ? undefined : boundedText(only, 64)
}

const MAX_NPMRC_BYTES = 64 * 1024
const NPMRC = '~/.npmrc'
const OWN_HOME = /^(?:\$\{(?:HOME|USERPROFILE)\}|~)(?=[\\/])/

/**
 * Where npm puts what a person installs globally, when they moved it: patterns of `node_modules` folders. Of the file,
 * which may hold tokens of registries, that one line is looked at and nothing is kept.
 */
export async function npmPrefixes({
  folders,
  onFault,
}: {
  readonly folders: Folders
  readonly onFault: (path: string, error: unknown) => void
}): Promise<readonly string[]> {
  for (const path of await folders.expand(NPMRC)) {
    if ((await folders.kindOf(path)) !== 'file') continue
    try {
      const text = await folders.files.readText(path, { maxBytes: MAX_NPMRC_BYTES })
      const [, value = ''] = /^[ \t]*prefix[ \t]*=[ \t]*["']?([^"'\r\n]{1,1024})/m.exec(text) ?? []
      const inHome = folders.placeOf(
        portableText(value.trim().replace(OWN_HOME, () => path.slice(0, path.lastIndexOf('/')))),
      )
      // A star would be a pattern; what lies outside the home is looked at for everybody.
      const isPlain = !/[*\0]/.test(inHome) && !inHome.split('/').some((part) => part === '..' || part === '.')
      const home = path.slice(0, path.lastIndexOf('/') + 1)
      const inside = folders.layout === 'windows' ? 'node_modules' : 'lib/node_modules'
      return isPlain && inHome.startsWith(home) ? [`${inHome.replace(/\/+$/, '')}/${inside}`] : []
    } catch (error) {
      if (codeOf(error) !== 'FILE_ABSENT') onFault(path, error)
    }
  }
  return []
}
