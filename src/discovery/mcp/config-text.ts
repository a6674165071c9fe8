import JSON5 from 'json5'
import { parse as parseToml } from 'smol-toml'
import { parse as parseYaml } from 'yaml'
import { SuretyError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { asObject, type JsonObject } from '../json-file.ts'

/** More than any hand writes; the state that Claude Code keeps beside its servers grows to a few megabytes. */
export const CONFIG_MAX_BYTES = 16 * 1024 * 1024
/** The forgiving parsers are slow: of what is no strict JSON so much is read. */
const FORGIVING_MAX_BYTES = 1024 * 1024
const MAX_DEPTH = 64

/**
 * A configuration file's content, after the ending of its name: `.toml`, `.yaml`, `.yml`, anything else as JSON with
 * comments, trailing commas and what else JSON5 allows.
 *
 * @returns an empty object when it holds something else than a map.
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_LARGE`, `INPUT_TOO_DEEP`; the message never quotes the file.
 */
export function parseConfig(path: string, text: string): JsonObject {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text
  const ending = path.slice(path.lastIndexOf('.') + 1)
  if (ending === 'toml') return forgiving('TOML', content, parseToml)
  if (ending === 'yaml' || ending === 'yml') return forgiving('YAML', content, (yaml) => parseYaml(yaml))
  try {
    return asObject(parseJson(content, { maxBytes: CONFIG_MAX_BYTES, maxDepth: MAX_DEPTH }))
  } catch (error) {
    if (!(error instanceof SuretyError) || error.code !== 'INPUT_MALFORMED') throw error
    return forgiving('JSON', content, (json) => JSON5.parse(json))
  }
}

function forgiving(format: string, text: string, parse: (text: string) => unknown): JsonObject {
  if (text.length > FORGIVING_MAX_BYTES) {
    throw new SuretyError('INPUT_TOO_LARGE', `more than ${FORGIVING_MAX_BYTES} bytes of ${format}`)
  }
  refuseDeepNesting(format, text)
  try {
    return asObject(parse(text))
  } catch {
    // The parser's own message quotes the file, which may hold secrets.
    throw new SuretyError('INPUT_MALFORMED', `not ${format}`)
  }
}

/**
 * These parsers descend by recursion. Brackets are counted wherever they stand, in strings and comments too: a file
 * that nests this deep in any reading is no configuration. YAML nests by indentation as well, one level a space at most.
 */
function refuseDeepNesting(format: string, text: string): void {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0x5b || unit === 0x7b) depth++
    else if ((unit === 0x5d || unit === 0x7d) && depth > 0) depth--
    if (depth > MAX_DEPTH * 4) throw new SuretyError('INPUT_TOO_DEEP', `${format} nested deeper than ${MAX_DEPTH * 4}`)
  }
  if (format === 'YAML' && /^[ -]{512}/m.test(text)) throw new SuretyError('INPUT_TOO_DEEP', 'YAML nested too deep')
}
