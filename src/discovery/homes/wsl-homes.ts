import { SuretyError } from '../../base/errors.ts'
import type { Folders } from '../files/folders.ts'

/** Packages of the store that bring a Linux system for WSL, by a word of their names. */
const PACKAGES = /ubuntu|debian|kali|suse|fedora|alma|rocky|oracle|pengwin|arch|alpine|linux|wsl/i
/** The disk of WSL 2, the folder of WSL 1. */
const DISKS: readonly string[] = ['ext4.vhdx', 'rootfs']
const NOT_READ = new SuretyError('FILE_UNREADABLE', 'homes of a Linux system in WSL: they are not read from Windows')

/**
 * Linux systems that a person of Windows has in WSL, each by its disk. Homes in them are those of another system: its disk is locked
 * while it runs, and through `\\wsl$` a look would start it. So each is reported as not read.
 *
 * @returns the paths, and why they are not read.
 */
export async function findWslHomes(
  { folders }: { readonly folders: Folders },
  home: string,
): Promise<readonly { readonly path: string; readonly error: SuretyError }[]> {
  if (folders.layout !== 'windows') return []
  const local = `${home}/AppData/Local`
  const packages = (await folders.list(`${local}/Packages`)).filter(({ name }) => PACKAGES.test(name))
  const places = [
    ...packages.map(({ name }) => `${local}/Packages/${name}/LocalState`),
    ...(await folders.expand(`${local}/wsl/*`)),
    `${local}/lxss`,
  ]
  const found: string[] = []
  for (const place of places) {
    for (const disk of DISKS) {
      if ((await folders.kindOf(`${place}/${disk}`)) !== undefined) found.push(`${place}/${disk}`)
    }
  }
  return found.map((path) => ({ path, error: NOT_READ }))
}
