import { posix } from 'node:path'
import { isAbsolutePath } from '../../base/absolute-path.ts'
import { codeOf } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { asObject, type JsonObject, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import type { ProgramResolver, ResolvedFile } from '../../system/processes/program-resolver.ts'
import { type MatchedProcess, scriptOf } from '../matching/process-match.ts'
import type { ResolvedProgram } from '../matching/process-record.ts'
import { programOf } from '../matching/script-argument.ts'
import { boundedText } from '../redaction/bounded-text.ts'

export interface ResolveProgramInit {
  /** True if the catalogue has a program with this file name. */
  readonly bearsName: (path: string) => boolean
  /** True if the process matches an agent of the catalogue. */
  readonly isAgent: (process: MatchedProcess) => boolean
}

/** npm's limit for package names. */
const MAX_NAME = 214
const LIMITS = { maxBytes: 64 * 1024, maxDepth: 32 }

/**
 * Follows links to the file that a process runs, and finds its npm package. Manifests are read only for agents and for
 * names of the catalogue: those of ordinary projects are private.
 *
 * @returns `late` if it timed out and should be tried again; undefined if there is nothing to find.
 */
export function resolveProgram(
  resolver: ProgramResolver,
  { bearsName, isAgent }: ResolveProgramInit,
  process: MatchedProcess,
): ResolvedProgram | 'late' | undefined {
  const { executable } = process
  if (executable === undefined) return undefined
  const kind = programOf(executable, process.argv) === undefined ? 'executable' : 'script'
  const path = kind === 'script' ? scriptOf(process) : executable
  if (path === undefined || !isAbsolutePath(path)) return undefined
  const named = bearsName(path)
  if (kind === 'executable' && !named) return undefined
  const found = resolver.resolve(process, path, { kind, manifest: named })
  if (typeof found !== 'object') return found
  if (named || !isAgent({ ...process, resolved: { path: found.path } })) return programIn(found)
  const whole = resolver.resolve(process, path, { kind, manifest: true })
  return programIn(typeof whole === 'object' ? whole : found)
}

function programIn(found: ResolvedFile): ResolvedProgram {
  const owner = packageOf(found)
  return { path: found.path, ...(owner === undefined ? {} : { package: owner }) }
}

function packageOf({ path, manifest }: ResolvedFile): ResolvedProgram['package'] {
  if (manifest === undefined) return undefined
  const document = documentIn(manifest.text)
  const name = textOf(document, 'name')
  if (name === undefined || name === '' || name.length > MAX_NAME) return undefined
  const file = path.slice(manifest.folder.length + 1)
  if (!commandsOf(document).some((command) => posix.normalize(command) === file)) return undefined
  const version = textOf(document, 'version')
  return { name, ...(version === undefined ? {} : { version: boundedText(version, 64) }) }
}

/** Anyone may have written the manifest. A malformed one names no package. */
function documentIn(text: string): JsonObject {
  try {
    return asObject(parseJson(text.startsWith('\ufeff') ? text.slice(1) : text, LIMITS))
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return {}
  }
}

/** The files of `bin`, which is one path or an object of paths by name. */
function commandsOf(document: JsonObject): readonly string[] {
  const bin = memberOf(document, 'bin')
  const paths = typeof bin === 'string' ? [bin] : Object.values(objectOf(document, 'bin'))
  return paths.filter((each) => typeof each === 'string')
}
