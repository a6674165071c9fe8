import { isAbsolutePath } from '../../base/absolute-path.ts'
import { portableText } from '../../system/files/portable-text.ts'
import { executableBeforeUpdate, type ProcessMatch, programFilesOf } from '../matching/process-match.ts'

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
