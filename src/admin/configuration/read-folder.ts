import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { type ReadYaml, readPlainYamlDocuments } from '../../directory/policy/policy-yaml.ts'
import { CONFIGURATION_MAX_BYTES, MAX_DOCUMENTS } from '../../protocol/nouns/directory/configuration.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { readTextFile } from '../command/read-text-file.ts'

/** Documents in files, each with where it came from. */

export interface FileDocument {
  readonly value: unknown
  /** `payments/groups.yaml:12`, of a JSON Pointer in the document. `below`: lines after it, in a text of more than one line. */
  at(place: string, below?: number): string
}

const MAX_FILES = 2_000
const MAX_DEPTH = 8
const YAML = /\.ya?ml$/

/**
 * Reads each `.yaml` and `.yml` below a folder, in the order of their names, or one file. Names that begin with a dot are not
 * looked at, and no link is followed.
 *
 * @throws `NOT_FOUND`, `FILE_*`; `INPUT_*` with file and line.
 */
export async function readFolder(path: string): Promise<readonly FileDocument[]> {
  const files = await filesBelow(path)
  if (files.length === 0) throw new SuretyError('NOT_FOUND', `there is no .yaml file in ${path}`)
  const documents: FileDocument[] = []
  let left = CONFIGURATION_MAX_BYTES
  for (const file of files) {
    const text = await readTextFile(file, { maxBytes: CONFIGURATION_MAX_BYTES })
    left -= Buffer.byteLength(text)
    if (left < 0)
      throw tooLarge(`the files of ${path} have more than ${CONFIGURATION_MAX_BYTES / 1024 / 1024} MiB together`)
    documents.push(...documentsIn(file, text))
    if (documents.length > MAX_DOCUMENTS) throw tooLarge(`${path} has more than ${MAX_DOCUMENTS} documents`)
  }
  return documents
}

async function filesBelow(path: string, depth = 0): Promise<readonly string[]> {
  const stat = await lstat(path).catch((cause: unknown) => {
    if (errnoOf(cause) === 'ENOENT') throw new SuretyError('NOT_FOUND', `there is no file or folder ${path}`, { cause })
    throw new SuretyError('FILE_UNREADABLE', `${path}: ${errnoOf(cause) ?? 'cannot be read'}`, { cause })
  })
  if (stat.isSymbolicLink())
    throw new SuretyError('FILE_IS_LINK', `${path} is a link, which is not followed: put the file there`)
  if (!stat.isDirectory()) return [path]
  if (depth > MAX_DEPTH) throw tooLarge(`${path}: folders are nested too deeply`)
  const files: string[] = []
  for (const entry of (await readdir(path, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const isWanted = entry.isDirectory() || entry.isSymbolicLink() || YAML.test(entry.name)
    if (isWanted && !entry.name.startsWith('.')) files.push(...(await filesBelow(join(path, entry.name), depth + 1)))
    if (files.length > MAX_FILES) throw tooLarge(`${path} has more than ${MAX_FILES} files`)
  }
  return files
}

function documentsIn(file: string, text: string): readonly FileDocument[] {
  let documents: readonly ReadYaml[]
  try {
    documents = readPlainYamlDocuments(text, { name: 'document', maxBytes: CONFIGURATION_MAX_BYTES })
  } catch (cause) {
    const [, line, what = describeError(cause)] = /^line (\d+): (.*)$/s.exec(describeError(cause)) ?? []
    const message = line === undefined ? `${file}: ${what}` : `${file}:${line}: ${what}`
    throw new SuretyError(codeOf(cause) ?? 'INPUT_MALFORMED', message, { cause })
  }
  const lines = text.split('\n')
  return documents.map(({ value, lineOf }) => ({
    value,
    at(place, below = 0) {
      const line = lineOf(place)
      // The text of a block begins below its key; in quotes its lines are not those of the file.
      return `${file}:${line + (BLOCK.test(lines[line - 1] ?? '') ? below : 0)}`
    },
  }))
}

/** `text: |` */
const BLOCK = /:\s+[|][-+0-9]*\s*(#.*)?$/

function tooLarge(message: string): SuretyError {
  return new SuretyError('INPUT_TOO_LARGE', message)
}
