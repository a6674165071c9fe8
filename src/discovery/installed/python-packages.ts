import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Folders } from '../files/folders.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import type { Installation } from './installation.ts'

/** The packages of the catalogue that have a virtual environment of their own in `venvs` (pipx, uv tool). */
export async function findPythonTools(
  folders: Folders,
  entries: readonly CatalogueEntry[],
  venvs: string,
): Promise<Installation[]> {
  const present = await folders.list(venvs)
  const found: Installation[] = []
  for (const entry of entries) {
    for (const { name } of entry.pypi ?? []) {
      const folder = present.find((each) => each.kind === 'directory' && normalise(each.name) === normalise(name))
      if (folder === undefined) continue
      const path = `${venvs}/${folder.name}`
      // On Windows it is one folder.
      const inside = folders.layout === 'windows' ? 'Lib/site-packages' : 'lib/*/site-packages'
      const sites = await folders.expand(`${path}/${inside}`)
      const versions = await Promise.all(sites.map((site) => distributionVersion(folders, site, name)))
      found.push({
        entry,
        path,
        version: versions.find((version) => version !== undefined),
        evidence: `python package ${name} in an environment of its own`,
        weak: false,
      })
    }
  }
  return found
}

/** The packages of the catalogue in one `site-packages` or `dist-packages`. */
export async function findPythonPackages(
  folders: Folders,
  entries: readonly CatalogueEntry[],
  site: string,
): Promise<Installation[]> {
  if ((await folders.list(site)).length === 0) return []
  const found: Installation[] = []
  for (const entry of entries) {
    for (const { name } of entry.pypi ?? []) {
      const version = await distributionVersion(folders, site, name)
      if (version === undefined) continue
      found.push({ entry, path: `${site}/${name}`, version, evidence: `python package ${name}`, weak: false })
    }
  }
  return found
}

/** From the name of the `.dist-info` folder: `aider_chat-0.86.2.dist-info`. */
async function distributionVersion(folders: Folders, site: string, name: string): Promise<string | undefined> {
  for (const entry of await folders.list(site)) {
    const parts = /^(.+)-([^-]+)\.(?:dist|egg)-info$/.exec(entry.name)
    if (parts !== null && normalise(parts[1] ?? '') === normalise(name)) return boundedText(parts[2] ?? '', 64)
  }
  return undefined
}

/** PEP 503. */
function normalise(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}
