import { SuretyError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { asObject, type JsonObject } from '../../base/json-object.ts'
import { readJetbrainsSettings } from './jetbrains-settings.ts'
import { withoutComments } from './json-file.ts'
import { parseYaml } from './yaml-text.ts'

/** More than any hand writes; the state that Claude Code keeps beside its servers grows to a few megabytes. */
export const CONFIG_MAX_BYTES = 16 * 1024 * 1024
/** The forgiving parsers are slow, that of YAML most: of what is no strict JSON so much is read. */
const FORGIVING_MAX_BYTES = { TOML: 1024 * 1024, YAML: 256 * 1024, JSON: 1024 * 1024, XML: 4 * 1024 * 1024 } as const
const MAX_DEPTH = 64

/** Each is loaded when a file needs it: the daemon, which stays, hardly ever does. */
const PARSERS = {
  TOML: parseToml,
  YAML: parseYaml,
  JSON: async (text: string): Promise<unknown> => (await import('json5')).default.parse(text),
  XML: async (text: string): Promise<unknown> => readJetbrainsSettings(text),
} as const
type Format = keyof typeof PARSERS

/** Integers have 64 bits there. Those that a number cannot hold become their digits: what reads this knows only numbers and texts. */
async function parseToml(text: string): Promise<unknown> {
  const document = (await import('smol-toml')).parse(text, { integersAsBigInt: 'asNeeded' })
  // Not by recursion: a name with dots nests as deep as it is long.
  const left: object[] = [document]
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    for (const [name, value] of Object.entries(each)) {
      if (typeof value === 'bigint') Object.defineProperty(each, name, { value: String(value) })
      else if (typeof value === 'object' && value !== null) left.push(value)
    }
  }
  return document
}

/** Loads all of them: for a program that is about to lose the right to read its own files. */
export async function loadConfigParsers(): Promise<void> {
  await Promise.all(Object.values(PARSERS).map((parse) => parse('{}').catch(() => undefined)))
}

/**
 * A configuration file's content, after the ending of its name: `.toml`, `.yaml`, `.yml`, `.xml` of JetBrains IDEs, anything
 * else as JSON with comments, trailing commas and what else JSON5 allows.
 *
 * @returns an empty object when it holds something else than a map, or nothing.
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_LARGE`, `INPUT_TOO_DEEP`; the message never quotes the file.
 */
export async function parseConfig(path: string, text: string): Promise<JsonObject> {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text
  const ending = path.slice(path.lastIndexOf('.') + 1)
  if (ending === 'toml') return await forgiving('TOML', content)
  if (ending === 'yaml' || ending === 'yml') return await forgiving('YAML', content)
  if (ending === 'xml') return await forgiving('XML', content)
  try {
    return asObject(parseJson(content, { maxBytes: CONFIG_MAX_BYTES, maxDepth: MAX_DEPTH }))
  } catch (error) {
    if (!(error instanceof SuretyError) || error.code !== 'INPUT_MALFORMED') throw error
    // Editors make empty ones, to be filled in: there is nothing in them that cannot be read.
    if (/^\s*(?:\/[/*]|$)/.test(content) && withoutComments(content).trim() === '') return {}
    return await forgiving('JSON', content)
  }
}

async function forgiving(format: Format, text: string): Promise<JsonObject> {
  const maxBytes = FORGIVING_MAX_BYTES[format]
  if (text.length > maxBytes) {
    throw new SuretyError('INPUT_TOO_LARGE', `more than ${maxBytes} bytes of ${format}`)
  }
  if (format !== 'XML') refuseDeepNesting(format, text)
  try {
    return asObject(await PARSERS[format](text))
  } catch (error) {
    if (error instanceof SuretyError) throw error
    // The parser's own message quotes the file, which may hold secrets.
    throw new SuretyError('INPUT_MALFORMED', `not ${format}`)
  }
}

/**
 * These parsers descend by recursion. Brackets are counted wherever they stand, in strings and comments too: a file
 * that nests this deep in any reading is no configuration. YAML nests by indentation as well, one level a space at most.
 */
function refuseDeepNesting(format: Format, text: string): void {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0x5b || unit === 0x7b) depth++
    else if ((unit === 0x5d || unit === 0x7d) && depth > 0) depth--
    if (depth > MAX_DEPTH * 4) throw new SuretyError('INPUT_TOO_DEEP', `${format} nested deeper than ${MAX_DEPTH * 4}`)
  }
  if (format === 'YAML' && /^[ -]{512}/m.test(text)) throw new SuretyError('INPUT_TOO_DEEP', 'YAML nested too deep')
}
