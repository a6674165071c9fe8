import { type ProcessMatch, programFilesOf } from '../matching/process-match.ts'
import { boundedText } from '../redaction/bounded-text.ts'

export interface AgentVersionInit {
  /** Folders that `~` may stand for. */
  readonly homes: readonly string[]
  /** The version of the installation that holds this file. */
  versionAt(entryId: string, path: string): string | undefined
}

/** Where the path of the executable says it: `…/versions/2.1.3`, `…/releases/0.169.0-x86_64-…/bin/codex`. */
export function versionInPath({ homes }: AgentVersionInit, agents: readonly ProcessMatch[]): string | undefined {
  for (const { entry, process } of agents) {
    const executable = process.executable ?? ''
    for (const { path } of entry.versionFolders ?? []) {
      for (const folder of path.startsWith('~/') ? homes.map((home) => home + path.slice(1)) : [path]) {
        if (!executable.startsWith(`${folder}/`)) continue
        return boundedText(executable.slice(folder.length + 1).split('/', 1)[0] ?? '', 64)
      }
    }
  }
  return undefined
}

/** That of the installation that one of them belongs to, as it is now. */
export function installedVersionOf(
  { versionAt }: AgentVersionInit,
  agents: readonly ProcessMatch[],
): string | undefined {
  for (const { entry, process } of agents) {
    for (const file of programFilesOf(process)) {
      const version = versionAt(entry.id, file)
      if (version !== undefined) return version
    }
  }
  return undefined
}

/** Of the npm package of the catalogue that one of them runs, as its manifest said when the process was first looked at. */
export function packageVersionOf(agents: readonly ProcessMatch[]): string | undefined {
  for (const { entry, process } of agents) {
    const owner = process.resolved?.package
    if (owner?.version !== undefined && entry.npm?.some(({ name }) => name === owner.name)) return owner.version
  }
  return undefined
}
