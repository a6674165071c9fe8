import { pathKey } from '../../base/absolute-path.ts'
import { portableText } from '../../system/files/portable-text.ts'
import type { InstalledProgram } from './installed.ts'

const NODE_MODULES = '/node_modules/'

/**
 * The version of the installation that a running program belongs to. It lies in its folder; or beside it, as the
 * programs that npm packages keep in packages of their own for each system; or it was started by the command that npm
 * linked, which lies in the `bin` of the same prefix.
 *
 * @param file the executable, or the script as the command line names it.
 */
export function installedVersion(
  installed: readonly Pick<InstalledProgram, 'catalogueId' | 'version' | 'path'>[],
  entryId: string,
  file: string,
): string | undefined {
  const own = installed.filter(({ catalogueId, version }) => catalogueId === entryId && version !== undefined)
  const key = pathKey(portableText(file))
  const where = [isInside, isBeside, isLinkedTo]
  for (const belongs of where) {
    const found = own.find(({ path }) => path !== undefined && belongs(key, pathKey(path)))
    if (found !== undefined) return found.version
  }
  return undefined
}

function isInside(file: string, path: string): boolean {
  return file.startsWith(`${path}/`)
}

function isBeside(file: string, path: string): boolean {
  const end = path.lastIndexOf(NODE_MODULES)
  return end !== -1 && file.startsWith(path.slice(0, end + NODE_MODULES.length))
}

function isLinkedTo(file: string, path: string): boolean {
  const end = path.lastIndexOf(`/lib${NODE_MODULES}`)
  return end !== -1 && file.slice(0, file.lastIndexOf('/')) === `${path.slice(0, end)}/bin`
}
