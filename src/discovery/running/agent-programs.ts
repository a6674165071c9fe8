import { isAbsolutePath } from '../../base/absolute-path.ts'
import { portableText } from '../../system/files/portable-text.ts'
import { executableBeforeUpdate, type ProcessMatch, programFilesOf } from '../matching/process-match.ts'
import { boundedText } from '../redaction/bounded-text.ts'

/** What an agent runs itself. */
export interface AgentPrograms {
  /** Executables, and scripts as they are named and where they lie. At most 16. */
  readonly programs: readonly string[]
  /** The npm packages of the catalogue that they belong to. At most 16. */
  readonly packages: readonly string[]
}

const MOST = 16
const MAX_PATH = 4096

/** @param agents the processes that run the agent itself, the first one first. */
export function agentPrograms(agents: readonly ProcessMatch[]): AgentPrograms {
  const programs = agents
    .flatMap(filesOf)
    .map(portableText)
    .filter((path) => isAbsolutePath(path) && path.length <= MAX_PATH)
  const packages = agents.flatMap((match) => {
    const files = filesOf(match)
    const own = match.process.resolved?.package?.name
    const names = (match.entry.npm ?? []).map(({ name }) => name)
    return names.filter((name) => name === own || files.some((file) => isInPackage(file, name)))
  })
  return { programs: [...new Set(programs)].slice(0, MOST), packages: [...new Set(packages)].slice(0, MOST) }
}

function filesOf({ process }: ProcessMatch): readonly string[] {
  const { executable = '', startedAs } = process
  const names = [executable, executableBeforeUpdate(executable), ...programFilesOf(process)]
  return startedAs === undefined ? names : [...names, startedAs]
}

/** The last two are how Deno keeps packages and names them. */
function isInPackage(file: string, name: string): boolean {
  if (file.includes(`/node_modules/${name}/`) || file.includes(`/registry.npmjs.org/${name}/`)) return true
  const named = /^npm:\/?(.*)$/s.exec(file)?.[1]
  return named === name || named?.startsWith(`${name}@`) === true || named?.startsWith(`${name}/`) === true
}

interface AgentVersionInit {
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
