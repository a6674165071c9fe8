import { posix } from 'node:path'
import { isAbsolutePath } from '../../base/absolute-path.ts'
import { asObject } from '../../base/json-object.ts'
import { portableText } from '../../system/files/portable-text.ts'
import { filesOf } from '../files/expand-pattern.ts'
import type { Folders } from '../files/folders.ts'
import { plainPath, plainPathFrom } from '../files/plain-path.ts'
import { tooMany } from '../files/source-log.ts'
import { valuesAt } from '../formats/member-path.ts'
import type { PluginComponents } from '../plugins/plugin-components.ts'
import type { AgentFile } from './agent-file.ts'

export interface NamedSkillsPlace extends Pick<AgentFile, 'client' | 'scope' | 'workspace'> {
  /** The settings. */
  readonly path: string
  /** Of the folders in them. */
  readonly key: readonly string[]
  readonly home: string | undefined
  /** Folders people work in: there lies what the settings of a person name without a root. */
  readonly projects: readonly string[]
}

const MAX_FOLDERS = 16

/** Settings that name folders of skills, and the skills in these, as far as they lie in the home or in a project. */
export async function findNamedSkills(components: PluginComponents, place: NamedSkillsPlace): Promise<AgentFile[]> {
  const document = await components.configs.read(place.path)
  const named = document === undefined ? [] : valuesAt(document, place.key).flatMap(foldersIn)
  if (named.length > MAX_FOLDERS)
    components.onFault(place.path, tooMany(MAX_FOLDERS, named.length, 'folders of skills'))
  const { client, scope } = place
  const evidence = [`skill of ${client.name}, its folder named in settings`]
  const found: AgentFile[] = []
  for (const { folder, workspace } of named
    .slice(0, MAX_FOLDERS)
    .flatMap((text) => foldersOf(components.folders, text, place))) {
    for (const path of await filesOf(components.folders, `${folder}/*/SKILL.md`, undefined, { tellLinks: true })) {
      const name = posix.basename(posix.dirname(path))
      const where = workspace === undefined ? {} : { workspace }
      found.push({ client, scope, fileKind: 'skill', path, name, evidence, ...where })
    }
  }
  return found
}

/** By name whether it counts, or a list. */
function foldersIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((each): each is string => typeof each === 'string')
  return Object.entries(asObject(value)).flatMap(([folder, counts]) => (counts === true ? [folder] : []))
}

interface SkillFolder {
  readonly folder: string
  readonly workspace?: string
}

function foldersOf(folders: Folders, text: string, { home, workspace, projects }: NamedSkillsPlace): SkillFolder[] {
  const bases = workspace === undefined ? projects : [workspace]
  const isOwn = /^~[\\/]/.test(text)
  if (!isOwn && !isAbsolutePath(portableText(text))) {
    return bases.flatMap((base) => {
      const folder = plainPathFrom(base, text)
      return folder?.startsWith(`${base}/`) === true ? [{ folder, workspace: base }] : []
    })
  }
  const named = isOwn && home !== undefined ? plainPathFrom(home, text.slice(2)) : plainPath(text)
  const folder = named && folders.placeOf(named)
  const around = [...bases, home].find((base) => base !== undefined && folder?.startsWith(`${base}/`) === true)
  if (folder === undefined || around === undefined) return []
  return [{ folder, ...(workspace === undefined ? {} : { workspace }) }]
}
