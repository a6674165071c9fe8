import { asObject, type JsonObject } from '../json-file.ts'
import { isNoSecret, secrecyOf } from './secret-names.ts'

/** Does a configuration hold a secret in the clear? Judged by shape, on the device; the value goes nowhere. */

const KNOWN_SHAPES = [
  /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}/,
  /(?<![A-Za-z0-9])(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}/,
  /(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{20,}/,
  /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{20,}/,
  /(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{16,}/,
  /(?<![A-Za-z0-9])xox[abeprs]-[A-Za-z0-9-]{10,}/,
  /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{30,}/,
  /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{20,}/,
  /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}/,
  /(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{20,}/,
  // It begins where no token goes on: a long text of many beginnings is looked through once.
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  // Not one that a variable is to fill in.
  /^[a-z][a-z0-9+.-]*:\/\/[^/@\s:]+:(?![${%<])[^/@\s]{4,}@/,
] as const

const MIN_SECRET_LENGTH = 8
/** Behind a name that other things bear, too. */
const MIN_TOKEN_LENGTH = 12

/** Of a text that stands alone: an argument, a URL. */
export function looksSecret(text: string): boolean {
  return KNOWN_SHAPES.some((shape) => shape.test(text))
}

/** Of a value beside a name: an environment variable, a header. */
export function isSecretMember(name: string, value: string): boolean {
  if (looksSecret(value)) return true
  if (ADDRESS.test(value)) return holdsSecretQuery(value)
  const secrecy = secrecyOf(name)
  if (secrecy === 'none' || isNoSecret(value)) return false
  const [, bare = value] = /^(?:bearer|basic|token|apikey|api-key)\s+(.*)$/i.exec(value) ?? []
  if (isNoSecret(bare)) return false
  if (secrecy === 'secret') return bare.length >= MIN_SECRET_LENGTH && !/^\d{1,12}$/.test(bare)
  // Of a cookie: `name=value; name=value`.
  return bare.split(/;\s*/).some((part) => looksLikeToken(part.slice(part.indexOf('=') + 1)))
}

/** Letters and digits in one word: no name, version, path or place. */
function looksLikeToken(value: string): boolean {
  return (
    value.length >= MIN_TOKEN_LENGTH &&
    /^[\w+/=~.-]+$/.test(value) &&
    /[A-Za-z]/.test(value) &&
    /\d/.test(value) &&
    !/^v?\d+(?:\.\d+)+/.test(value) &&
    !/^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}$/.test(value)
  )
}

const ADDRESS = /^(?:https?|wss?):\/\//i

function holdsSecretQuery(address: string): boolean {
  const query = URL.parse(address)?.searchParams ?? []
  return [...query].some(([name, value]) => isSecretMember(name, value))
}

/** A password, or a query or path that holds a token. */
export function isSecretAddress(address: string): boolean {
  const url = URL.parse(address)
  if (url === null) return looksSecret(address)
  if (looksSecret(address) || holdsSecretQuery(address)) return true
  if (url.password !== '' && !isNoSecret(decoded(url.password))) return true
  return url.pathname.split(/[/_-]/).some((run) => looksRandom(decoded(run)))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const MIN_RANDOM_LENGTH = 16
/** In a text drawn by chance at 0.44 of all places another kind follows, a capital before small letters left out; in words at 0.3 at most. */
const RANDOM_SHARE = 0.32

/** Letters and digits as nobody names a thing. What is hexadecimal is an id or a sum. */
export function looksRandom(run: string): boolean {
  if (run.length < MIN_RANDOM_LENGTH || !/^[A-Za-z0-9]+$/.test(run) || /^[0-9a-f]+$/i.test(run)) return false
  if ((run.match(/\d/g)?.length ?? 0) < 2) return false
  const changes = run.match(/[a-z](?=[A-Z0-9])|[A-Z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0
  return changes >= RANDOM_SHARE * (run.length - 1)
}

/**
 * In the words of a command: `--api-key=VALUE`, `--api-key VALUE`, `NAME=VALUE` (of `env`, or behind `-e`), `Name: VALUE` of a
 * header and the two words of `--headers`; also in a word that is a whole line.
 */
export function holdsSecretArgument(words: readonly string[]): boolean {
  const lines = words.filter((word) => /\s/.test(word)).map((line) => line.split(/[\s"']+/))
  return [words, ...lines].some(holdsSecretWord)
}

function holdsSecretWord(words: readonly string[]): boolean {
  return words.some((word, index) => {
    const [next, afterNext] = [words[index + 1], words[index + 2]]
    if (looksSecret(word) || (ADDRESS.test(word) && holdsSecretQuery(word))) return true
    if (/^(?:-H|--headers?)$/.test(word) && next !== undefined && afterNext !== undefined) {
      if (/^[\w-]+$/.test(next) && isSecretMember(next, afterNext)) return true
    }
    const [, flag, value] = /^(--?[^=\s]+)=(.*)$/s.exec(word) ?? []
    if (flag !== undefined && value !== undefined) return isSecretMember(flag, value) || isSecretPair(value)
    if (isSecretPair(word)) return true
    return word.startsWith('-') && next !== undefined && !next.startsWith('-') && isSecretMember(word, next)
  })
}

/** `NAME=VALUE` or `Name: VALUE`. */
function isSecretPair(text: string): boolean {
  const [, name, value] = /^(?:-e)?([A-Za-z_][\w-]*)(?:=|:\s*(?!\/\/))(.*)$/s.exec(text) ?? []
  return name !== undefined && value !== undefined && isSecretMember(name, value)
}

/** Options whose value is the secret itself: `bearerToken`, `oauth.clientSecret`; not `bearer_token_env_var`, `authProviderType`. */
const SECRET_OPTION = /(?:token|secret|passw(?:or)?d|passphrase|api_?key|private_?key)$/i
const MAX_OPTION_DEPTH = 3

/** In an option of an entry, or of a group of its options. Variables and headers are judged by their own names. */
export function holdsSecretOption(options: JsonObject, depth = 0): boolean {
  return Object.entries(options).some(([name, value]) => {
    if (typeof value === 'string') return SECRET_OPTION.test(name) && isSecretMember(name, value)
    const isGroup = depth < MAX_OPTION_DEPTH && !JUDGED_ELSEWHERE.has(name)
    return isGroup && holdsSecretOption(asObject(value), depth + 1)
  })
}

const JUDGED_ELSEWHERE = new Set(['env', 'envs', 'environment', 'headers', 'http_headers', 'env_http_headers'])
