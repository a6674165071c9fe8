import { isSpeltByWindows, portableText } from '../../system/files/portable-text.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import {
  compilePathPattern,
  literalNameOf,
  longestLiteralOf,
  type PathPattern,
  type ScannedPath,
} from '../catalogue/path-pattern.ts'
import { agentEntries, runtimeEntries } from '../catalogue/reported-kind.ts'
import { type ResidentEntry, residentFacts } from '../catalogue/resident-facts.ts'
import { COMMAND_FOLDERS } from '../files/install-folders.ts'
import { ModelPorts } from './model-ports.ts'

/** The catalogue's facts on programs, laid out so that a process is matched by one look-up and a few patterns. */
export interface ProgramIndex {
  executable(path: ScannedPath): Hit | undefined
  /** A file run by node, bun, deno or python. */
  script(path: ScannedPath): Hit | undefined
  /** A command beside the interpreter of its virtual environment. */
  venvCommand(name: string): Hit | undefined
  module(name: string): Hit | undefined
  /** An npm package with such a file, which is run by its name. */
  npmPackage(name: string): Hit | undefined
  /** An npm package, a command of which is run. */
  commandOf(npmPackage: string): Hit | undefined
  title(title: string): Hit | undefined
  /** No executable is matched but those with one of these names, or with one of these parts in their path. */
  readonly executables: ExecutableNames
}

export interface ExecutableNames {
  readonly names: ReadonlySet<string>
  readonly parts: readonly string[]
  /** The same for Windows, in upper case and without `.EXE`. */
  readonly upperNames: ReadonlySet<string>
  readonly upperParts: readonly string[]
}

/** That of agents and of what serves them models. */
export interface AgentIndex extends ProgramIndex {
  /** Of agents. */
  readonly entries: readonly ResidentEntry[]
  /** Variables that agents set for what they start. */
  readonly markers: ReadonlySet<string>
  /** Variables that send agents to another model endpoint. */
  readonly endpointVariables: readonly string[]
  /** Ports of the loopback address on which models are served. */
  readonly modelPorts: ModelPorts
}

export interface Hit {
  readonly entry: ResidentEntry
  readonly of: 'agent' | 'runtime'
  /** Holds only with support: an environment marker, an installation. */
  readonly needsSupport: boolean
}

export function indexAgents(catalogue: Catalogue): AgentIndex {
  const agents = agentEntries(catalogue).map(residentFacts)
  const runtimes = runtimeEntries(catalogue).map(residentFacts)
  return {
    ...indexPrograms([
      ...agents.map((entry) => ({ entry, of: 'agent' as const })),
      ...runtimes.map((entry) => ({ entry, of: 'runtime' as const })),
    ]),
    entries: agents,
    markers: new Set(agents.flatMap(({ environment = [] }) => environment.map(({ name }) => name))),
    endpointVariables: catalogue.endpointVariables ?? [],
    modelPorts: new ModelPorts(runtimes),
  }
}

function indexPrograms(programs: readonly Pick<Hit, 'entry' | 'of'>[]): ProgramIndex {
  const inCommandFolder = commandFolderTest()
  const commands = new Map<string, Hit & { readonly form: 'script' | 'executable' | undefined }>()
  const upperCommands = new Map<string, string>()
  const modules = new Map<string, Hit>()
  const npmPackages = new Map<string, Hit>()
  const commandPackages = new Map<string, Hit>()
  const titles = new Map<string, Hit>()
  const executables = patternTable()
  const scripts = patternTable()
  for (const { entry, of } of programs) {
    const hit = { entry, of, needsSupport: false }
    for (const { name, shared, form } of entry.commands ?? []) {
      upperCommands.set(name.toUpperCase(), name)
      commands.set(name, { entry, of, needsSupport: shared === true, form })
    }
    for (const { name } of entry.modules ?? []) modules.set(name, hit)
    for (const { title } of entry.titles ?? []) titles.set(title, { entry, of, needsSupport: true })
    for (const { path } of entry.executables ?? []) executables.add(path, hit)
    for (const { path } of entry.scripts ?? []) scripts.add(path, hit)
    for (const { name, scripts: files } of entry.npm ?? []) {
      commandPackages.set(name, hit)
      if (files === undefined) continue
      npmPackages.set(name, hit)
      for (const folder of [`node_modules/${name}`, `npm/registry.npmjs.org/${name}/*`]) {
        for (const file of files) scripts.add(`**/${folder}/${file}`, hit)
      }
    }
  }
  const commandAs = (form: 'script' | 'executable', name: string) => {
    const hit = commands.get(name)
    return hit?.form === undefined || hit.form === form ? hit : undefined
  }
  const commandAt = (form: 'script' | 'executable', path: ScannedPath) => {
    const file = lastName(path.absolute)
    const name = path.isUpperCase === true ? upperCommands.get(file.replace(WINDOWS_ENDING, '')) : file
    const hit = name === undefined ? undefined : commandAs(form, name)
    return hit !== undefined && inCommandFolder(path) ? hit : undefined
  }
  return {
    executable: (path) => executables.find(path) ?? commandAt('executable', path),
    script: (path) => scripts.find(path) ?? commandAt('script', path),
    venvCommand: (name) => commandAs('script', name),
    module: (name) => modules.get(name),
    npmPackage: (name) => npmPackages.get(name),
    commandOf: (name) => commandPackages.get(name),
    title: (title) => titles.get(title),
    executables: namesOf([...executables.names, ...commands.keys()], executables.parts),
  }
}

function namesOf(names: readonly string[], parts: readonly string[]): ExecutableNames {
  return {
    names: new Set(names),
    parts,
    upperNames: new Set(names.map((name) => name.toUpperCase().replace(/\.EXE$/, ''))),
    upperParts: parts.map((part) => part.toUpperCase()),
  }
}

function commandFolderTest(): PathPattern {
  const folders = COMMAND_FOLDERS.map((folder) => compilePathPattern(`${folder}/*`))
  return (path) => folders.some((matches) => matches(path))
}

function patternTable() {
  const byName = new Map<string, { matches: PathPattern; hit: Hit }[]>()
  const byUpperName = new Map<string, { matches: PathPattern; hit: Hit }[]>()
  const others: { matches: PathPattern; hit: Hit }[] = []
  const parts = new Set<string>()
  return {
    get names() {
      return [...byName.keys()]
    },
    get parts() {
      return [...parts]
    },
    add(pattern: string, hit: Hit): void {
      const row = { matches: compilePathPattern(pattern), hit }
      const name = literalNameOf(pattern)
      if (name === undefined) {
        others.push(row)
        parts.add(longestLiteralOf(pattern))
      } else {
        byName.set(name, [...(byName.get(name) ?? []), row])
        byUpperName.set(name.toUpperCase(), [...(byUpperName.get(name.toUpperCase()) ?? []), row])
      }
    },
    find(path: ScannedPath): Hit | undefined {
      const named = path.isUpperCase === true ? byUpperName : byName
      const rows = [...(named.get(lastName(path.absolute)) ?? []), ...others]
      return rows.find(({ matches }) => matches(path))?.hit
    },
  }
}

/** How commands end on Windows, in upper case. */
const WINDOWS_ENDING = /\.(?:EXE|CMD|BAT|PS1|COM)$/

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The name of a file. A program of Windows is called as on other systems: `claude` for `C:\\x\\Claude.EXE`. */
export function baseName(path: string): string {
  const name = lastName(portableText(path))
  return /\.exe$/i.test(name) && isSpeltByWindows(path) ? name.slice(0, -4).toLowerCase() : name
}
