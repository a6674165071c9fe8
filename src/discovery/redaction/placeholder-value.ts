import { looksRandom } from './random-text.ts'

/** Which values are no secret, whatever is beside them: they name one, stand for one, or say something else. */

/** `${VAR}`, `$(command)`, `` `command` ``, `{{VAR}}`, `{env:VAR}`, `<your token>`, `$VAR`, `%VAR%`: also as a part of a value. */
const REFERENCE =
  /\$\{[^{}]*\}|\$\([^()]*\)|`[^`]*`|\{\{[^{}]*\}\}|\{(?:env|file|input):[^{}]*\}|(?<![A-Za-z0-9])<[A-Za-z][\w .:-]*>|(?<![\w$])\$(?:env:\w+|[A-Z_][A-Z0-9_]*|[a-z][a-z_]*(?:[A-Z][a-z]+)*)(?![\w$!])|(?<![\w%])%[A-Za-z_]\w*%(?!\w)/g
/** `{VAR}`, `OTHER_VARIABLE`, `env:VAR`, `op://…`, `vault:…`: nothing else beside it. */
const NAMED_ELSEWHERE =
  /^\{\w+\}$|^_*[A-Z]+(?:_+[A-Z]+\d{0,2})+_*$|^(?:env|process\.env)[:.][A-Za-z_]\w*$|^(?:(?:op|vault|keychain|keyring|secrets?|file|ssm|bws|doppler|infisical|akv|azurekv|gcp|aws)(?:-?(?:sm|ssm|kv|secrets?|secretmanager))?|ref\+[a-z0-9]+):\/\/|^(?:op|vault|keychain|keyring|file|ssm|sops|arn):[\w./#:@+-]+$/
/** Choices of a setting. */
const CHOICE =
  /^(?:true|false|yes|no|on|off|null|none|undefined|enabled?|disabled?|required|optional|always|never|ask|prompt|interactive|automatic|default|string|stdin|keychain|keyring|oauth2?|bearer|basic|anonymous)$/i

/** An empty text, the name of a secret, a placeholder, a path: whatever its name says. */
export function isNoSecret(value: string): boolean {
  return (
    value === '' ||
    NAMED_ELSEWHERE.test(value) ||
    CHOICE.test(value) ||
    isPath(value) ||
    isPlaceholder(value) ||
    refersOnly(value)
  )
}

const MAX_NESTED = 3
const MIN_BESIDE = 8

/** Where it refers to something else, what is beside that in one word is too short, or too plain, for a secret. */
function refersOnly(value: string): boolean {
  let rest = value
  for (let depth = 0; depth < MAX_NESTED; depth++) rest = rest.replace(REFERENCE, (text) => `\0${defaultIn(text)}`)
  if (rest === value) return false
  const beside = rest.split(/\s+/).filter((word) => word.includes('\0'))
  const parts = beside.flatMap((word) => word.replaceAll('\0', '').split(/[:/@,;]+/))
  return !parts.some((part) => part.length >= MIN_BESIDE && /[A-Za-z]/.test(part) && /\d/.test(part))
}

/** Of `${VAR:-default}` what is taken where there is no variable. */
function defaultIn(reference: string): string {
  return /^\$\{[^:]*:-(.*)\}$/s.exec(reference)?.[1] ?? ''
}

/** One that begins at the root could be a text in base64: then its parts are drawn by chance. */
function isPath(value: string): boolean {
  if (/^[A-Za-z]:[\\/]/.test(value)) return true
  if (!/^(?:~|\.{0,2})[/\\][^+=]*$/.test(value)) return false
  const parts = value.split(/[/\\]/).filter((part) => part !== '')
  if (!value.startsWith('/')) return true
  const [only = ''] = parts
  if (parts.length === 1 && /[a-z]/.test(only) && /[A-Z]/.test(only) && /\d/.test(only)) return false
  return !parts.some((part) => part.split(/[^A-Za-z0-9]/).some(looksRandom))
}

const WRAPPED = /^<[^<>]*>$|^\[[^[\]"']*\]$/
/** What people write where the secret is to stand. */
const MARK =
  /(?:^|[^a-z])(?:your|change[-_ ]?me|changeit|replace[-_ ]?(?:me|with|this)|placeholder|example|sample|dummy|redacted|insert|todo|fixme|here|fake|enter|paste)(?:$|[^a-z])/i
/** As Amazon's manuals end their keys. */
const OF_MANUAL = /EXAMPLE(?:KEY)?$/
const BETWEEN_WORDS = /[-_.\s:/()'"]+/

/** A mark among plain words, or a row of one character: not a mark within something that could be drawn by chance. */
export function isPlaceholder(value: string): boolean {
  if (WRAPPED.test(value) || OF_MANUAL.test(value) || isFilled(value)) return true
  if (!MARK.test(value.replace(/([a-z])([A-Z])/g, '$1 $2'))) return false
  const runs = value.split(BETWEEN_WORDS).filter((run) => run !== '')
  const odd = runs.filter((run) => !isPlainRun(run))
  // `s3`, `e2b`, `k8s`
  return odd.length === 0 || (odd.length === 1 && /^[A-Za-z0-9]{1,3}$/.test(odd[0] ?? ''))
}

function isPlainRun(run: string): boolean {
  if (/^([x*?#0])\1*$/i.test(run) || '1234567890'.startsWith(run)) return true
  if (!/^[A-Za-z]{1,40}\d{0,3}$/.test(run)) return false
  const words = run.split(/(?<=[a-z])(?=[A-Z])/)
  return words.length <= 2 || run.length >= 3 * words.length
}

const ROW = /x{4,}|\*{3,}|\.{3,}|\u2026|\u2022{3,}|#{4,}|\?{3,}|0{4,}|_{4,}/gi
const MAX_BESIDE_ROW = 12

/** `xxxxxxxx`, `sk-...`, `sk-ant-xxxxxxxx`: the beginning of a token and a row of one character. */
function isFilled(value: string): boolean {
  if (/^([x*.?#_-])\1*$|^[\w-]{1,12}(?:\.{3}|\u2026)$/i.test(value)) return true
  let row = 0
  const rest = value.replace(ROW, (found) => {
    row += Math.max(found.length, MIN_ROW)
    return ' '
  })
  const runs = rest.split(/[^A-Za-z0-9]+/).filter((run) => run !== '')
  const beside = runs.join('').length
  if (row === 0 || beside > MAX_BESIDE_ROW || !/^[\w\s-]*$/.test(rest)) return false
  if (runs.every((run) => /^[a-z]{1,6}\d{0,2}$/i.test(run))) return true
  return row >= beside
}

const MIN_ROW = 3
