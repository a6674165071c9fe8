import { codeOf } from '../../base/errors.ts'
import { parseJson, parseJsonMember } from '../../base/json.ts'
import { asObject, type JsonObject } from '../../base/json-object.ts'

export interface TextFiles {
  readText(path: string, options: { maxBytes: number }): Promise<string>
}

/**
 * Reads a JSON file of another program. A byte order mark is skipped.
 *
 * @returns an empty object when it holds something else than an object.
 * @throws as `FileReader.readText`; `INPUT_MALFORMED`, `INPUT_TOO_DEEP`.
 */
export async function readJsonFile(files: TextFiles, path: string, maxBytes: number): Promise<JsonObject> {
  const text = await files.readText(path, { maxBytes })
  return asObject(parseJson(text.startsWith('\ufeff') ? text.slice(1) : text, { maxBytes, maxDepth: 100 }))
}

/** As `readJsonFile`, of what may have comments in it. */
export async function readCommentedJson(files: TextFiles, path: string, maxBytes: number): Promise<JsonObject> {
  const text = await files.readText(path, { maxBytes })
  const content = text.startsWith('\ufeff') ? text.slice(1) : text
  const limits = { maxBytes, maxDepth: 100 }
  try {
    return asObject(parseJson(content, limits))
  } catch (error) {
    if (codeOf(error) !== 'INPUT_MALFORMED' || !/\/[/*]/.test(content)) throw error
    return asObject(parseJson(withoutComments(content), limits))
  }
}

/** Each comment becomes a blank. */
export function withoutComments(text: string): string {
  return text.replace(COMMENT, (found) => (found.startsWith('"') ? found : ' '))
}

/** Or a text, in which none begins. What never ends takes the rest, so that each place is looked at once. */
const COMMENT = /"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|\/\/[^\r\n]*|\/\*(?:[\s\S]*?\*\/|[\s\S]*$)/g

/** Far above honest files. A million members took a gigabyte (measured). */
const MAX_MEMBERS = 100_000

/** As `readJsonFile`, of one member alone; its other members are not parsed. */
export async function readJsonMember(
  files: TextFiles,
  path: string,
  name: string,
  maxBytes: number,
): Promise<JsonObject> {
  const text = await files.readText(path, { maxBytes })
  return asObject(
    parseJsonMember(text.startsWith('\ufeff') ? text.slice(1) : text, name, {
      maxBytes,
      maxDepth: 100,
      maxMembers: MAX_MEMBERS,
    }),
  )
}
