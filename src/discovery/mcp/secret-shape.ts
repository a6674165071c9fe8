import { asObject, type JsonObject } from '../json-file.ts'

/** Does a configuration hold a secret in the clear? Judged by shape, on the device; the value goes nowhere. */

const KNOWN_SHAPES = [
  /\bsk-[A-Za-z0-9_-]{16,}/,
  /\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}/,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/,
  /\bglpat-[A-Za-z0-9_-]{16,}/,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\bAIza[A-Za-z0-9_-]{30,}/,
  /\bhf_[A-Za-z0-9]{20,}/,
  /\bnpm_[A-Za-z0-9]{30,}/,
  /\bya29\.[A-Za-z0-9_-]{20,}/,
  // It begins where no token goes on: a long text of many beginnings is looked through once.
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^[a-z][a-z0-9+.-]*:\/\/[^/@\s:]+:[^/@\s]{4,}@/,
] as const

const SECRET_NAME =
  /(?:^|[^a-z])(?:token|secret|passw(?:or)?d|passphrase|api[-_]?key|apikey|private[-_]?key|access[-_]?key|credentials?|authorization|auth)(?:$|[^a-z])/i
/** `${VAR}`, `$VAR`, `{env:VAR}`, `%VAR%`, `<your key>`, `op://…`: it names the secret and is not it. */
const REFERENCE = /\$\{[^{}]*\}|\$[A-Za-z_]\w*|\{(?:env|file|input):[^{}]*\}|%\w+%|^<[^>]*>$|^op:\/\//
const MIN_SECRET_LENGTH = 8

/** Of a text that stands alone: an argument, a URL. */
export function looksSecret(text: string): boolean {
  return KNOWN_SHAPES.some((shape) => shape.test(text))
}

/** Of a value beside a name: an environment variable, a header. */
export function isSecretMember(name: string, value: string): boolean {
  if (looksSecret(value)) return true
  return SECRET_NAME.test(wordsOf(name)) && value.length >= MIN_SECRET_LENGTH && !REFERENCE.test(value)
}

/** In `--api-key=VALUE` and `--api-key VALUE`. */
export function holdsSecretArgument(args: readonly string[]): boolean {
  return args.some((arg, index) => {
    if (looksSecret(arg)) return true
    if (!arg.startsWith('-')) return false
    const equals = arg.indexOf('=')
    if (equals !== -1) return isSecretMember(arg.slice(0, equals), arg.slice(equals + 1))
    const next = args[index + 1]
    return next !== undefined && !next.startsWith('-') && isSecretMember(arg, next)
  })
}

/** Options whose value is the secret itself: `bearerToken`, `oauth.clientSecret`; not `bearer_token_env_var`, `authProviderType`. */
const SECRET_OPTION = /(?:^|_)(?:token|secret|passw(?:or)?d|passphrase|api_?key|private_?key)$/i
const MAX_OPTION_DEPTH = 3

/** In an option of an entry, or of a group of its options. Variables and headers are judged by their own names. */
export function holdsSecretOption(options: JsonObject, depth = 0): boolean {
  return Object.entries(options).some(([name, value]) => {
    if (typeof value === 'string') {
      return SECRET_OPTION.test(wordsOf(name)) && value.length >= MIN_SECRET_LENGTH && !REFERENCE.test(value)
    }
    const isGroup = depth < MAX_OPTION_DEPTH && !JUDGED_ELSEWHERE.has(name)
    return isGroup && holdsSecretOption(asObject(value), depth + 1)
  })
}

const JUDGED_ELSEWHERE = new Set(['env', 'envs', 'environment', 'headers', 'http_headers', 'env_http_headers'])

/** `apiKey` and `API_KEY` read alike. */
function wordsOf(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1_$2')
}
