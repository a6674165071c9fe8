import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './description.ts'
import { idOf, isRuntime, lockFileOfProject, type NpmPackage, npmPackages } from './npm-packages.ts'

/** The licences of all that the packages bring along. Most of them ask that their text goes with the program. */

const NAMES = /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i

export function thirdPartyNotices(): string {
  const all = npmPackages(lockFileOfProject())
  const packages = all.filter((one) => !isRuntime(one))
  const parts = packages.map((one) => {
    const [folder = ''] = one.folders
    const texts = licenceTexts(join(ROOT, folder))
    return part(idOf(one), texts.length === 0 ? `Licence: ${one.license}` : texts.join('\n\n'))
  })
  return [
    'Surety is under the Apache License 2.0. It brings these programs and libraries along, each under its own licence.\n',
    part('Node.js, with what it contains', licenceOfNode(all.filter(isRuntime))),
    ...parts,
  ].join('\n')
}

/** The hook is linked with musl where that is installed. Debian keeps its licence there. */
export function muslNotice(): string {
  const path = '/usr/share/doc/musl-dev/copyright'
  return existsSync(path) ? part('musl, in surety-hook', readFileSync(path, 'utf8').trim()) : ''
}

/** The file is the same for all systems, and npm installs the package of this one. */
function licenceOfNode(runtimes: readonly NpmPackage[]): string {
  const paths = runtimes.flatMap(({ folders }) => folders.map((folder) => join(ROOT, folder, 'LICENSE')))
  const path = paths.find((one) => existsSync(one))
  if (path === undefined) throw new Error('no package of Node is installed: npm ci')
  return readFileSync(path, 'utf8').trim()
}

function licenceTexts(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => NAMES.test(name))
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim())
}

function part(title: string, text: string): string {
  return `${'='.repeat(72)}\n${title}\n${'='.repeat(72)}\n\n${text}\n`
}
