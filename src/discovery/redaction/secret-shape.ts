import { asObject, type JsonObject, textOf } from '../../base/json-object.ts'
import { ADDRESS_PASSWORD, holdsTokenShape } from './known-tokens.ts'
import { isNoSecret, isPlaceholder } from './placeholder-value.ts'
import { looksLikeToken, looksLikeTokenOfUser, looksRandom } from './random-text.ts'

/** Does a configuration hold a secret in the clear? Judged by shape, on the device; the value goes nowhere. */

const MIN_SECRET_LENGTH = 8
const MIN_PASSWORD_LENGTH = 4
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//i
const SCHEME = /^(?:bearer|basic|token|apikey|api-key)\s+(.*)$/is

/** Of a value beside a name: an environment variable, a header. Also by what is within the value, one level deep. */
export function isSecretMember(name: string, value: string): boolean {
  return isSecretBeside(name, value) || (!ADDRESS.test(value) && holdsSecretText(value))
}

function isSecretBeside(name: string, value: string): boolean {
  if (value.length < MIN_PASSWORD_LENGTH) return false
  if (ADDRESS.test(value)) return isSecretAddress(value)
  if (holdsKnownToken(value)) return true
  const secrecy = secrecyOf(name)
  if (secrecy === 'none' || isNoSecret(value)) return false
  const [, bare = value] = SCHEME.exec(value) ?? []
  if (isNoSecret(bare)) return false
  if (secrecy === 'password') return bare.length >= MIN_PASSWORD_LENGTH
  if (secrecy === 'secret') return bare.length >= MIN_SECRET_LENGTH && !/^\d{1,12}$/.test(bare)
  // Of a cookie: `name=value; name=value`. What is padded has no name before it.
  return bare.split(/;\s*/).some((part) => looksLikeToken(part.replace(/^[\w.-]+=(?==*[^=])/, '')))
}

/** One of a path is told apart by its last part. */
function holdsKnownToken(text: string): boolean {
  return holdsTokenShape(text, (token) => isPlaceholder(token.slice(token.lastIndexOf('/') + 1)))
}

/** A password, or a user, query, fragment or path that holds a token. */
export function isSecretAddress(address: string): boolean {
  const [, password] = ADDRESS_PASSWORD.exec(address) ?? []
  if (password !== undefined && !isNoSecret(decoded(password))) return true
  if (holdsKnownToken(address)) return true
  const url = isNoSecret(address) ? null : URL.parse(address)
  if (url === null) return false
  if (url.password !== '' && !isNoSecret(decoded(url.password))) return true
  if (url.password === '' && isSecretUser(url)) return true
  const fragment = new URLSearchParams(url.hash.slice(1))
  if ([...url.searchParams, ...fragment].some(([name, value]) => isSecretParameter(name, value))) return true
  return url.pathname.split(/[/_-]/).some((run) => looksRandom(decoded(run)))
}

/** Sentry has a public key there, and the number of a project for its path. */
function isSecretUser({ username, pathname }: URL): boolean {
  const user = decoded(username)
  return looksLikeTokenOfUser(user) && !(/^[0-9a-f]{32}$/.test(user) && /^\/\d+$/.test(pathname))
}

/** In an address these are short for a key. */
function isSecretParameter(name: string, value: string): boolean {
  return isSecretBeside(/^(?:code|k|sig|signature)$/i.test(name) ? 'key' : name, value)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `"name": "value"` of JSON and its like, also with its quotes escaped, and `name = "value"`. */
const QUOTED =
  /(?<![\w.-])([A-Za-z_][\w.-]{0,63})\\?["']?\s{0,8}[:=]\s{0,8}(?:\[\s{0,8})?\\?["']((?:[^"'\\]|\\[^"']){1,1024})/g
/** `Name: value` and `name=value` of a list of such. */
const LISTED = /^\s*([A-Za-z_][\w.-]*(?: \w+)?)\s*(?:=|:\s+|:(?=(?:bearer|basic)\s))(.*)$/is
/** What a shell runs for a value. */
const COMMANDS = /\$\([^()]*\)|`[^`]*`/g

/** Within a text: a line, JSON, headers, a connection string. */
function holdsSecretText(text: string): boolean {
  if (!/[=:\s]/.test(text)) return false
  for (const [, name = '', value = ''] of text.matchAll(QUOTED)) if (isSecretWord(name, value)) return true
  const listed = text.split(text.includes(';') ? /[;\n]/ : /[,&\n]/)
  for (const each of listed) {
    const [, name, value] = LISTED.exec(each) ?? []
    if (name !== undefined && value !== undefined && isSecretWord(name, value)) return true
  }
  const line = text.replace(COMMANDS, '$(x)')
  return [line, ...(line === text ? [] : (text.match(COMMANDS) ?? []))].some((each) =>
    holdsSecretWord(each.split(/[\s"'`]+/), isSecretBeside),
  )
}

/** Of more than one word it is a sentence. */
function isSecretWord(name: string, value: string): boolean {
  const [, bare = value] = SCHEME.exec(value.trim()) ?? []
  // Alone it is the folder of a shell.
  const meant = /^pwd$/i.test(name) ? 'db_pwd' : name
  return !/\s/.test(bare.trim()) && isSecretBeside(meant, value.trim())
}

/**
 * In the words of a command: `--api-key=VALUE`, `--api-key VALUE`, `NAME=VALUE` (of `env`, or behind `-e`), `Name: VALUE` of a
 * header and the two words of `--headers`; also within a word, which may be a whole line.
 */
export function holdsSecretArgument(words: readonly string[]): boolean {
  return holdsSecretWord(words, isSecretMember)
}

/** In a line, where a blank ends a word. Of one plain word and a colon it could be a sentence. */
const HEADER = /^([A-Za-z]+(?:-[A-Za-z]+)+|authorization):$/i

type IsSecret = (name: string, value: string) => boolean

function holdsSecretWord(words: readonly string[], isSecret: IsSecret): boolean {
  return words.some((word, index) => {
    const [next, afterNext] = [words[index + 1], words[index + 2]]
    // The name of nothing: what is in it counts.
    if (isSecret('', word)) return true
    if (/^(?:-H|--headers?)$/.test(word) && next !== undefined && afterNext !== undefined) {
      if (/^[\w-]+$/.test(next) && isSecret(next, afterNext)) return true
    }
    const [, header] = HEADER.exec(word) ?? []
    if (
      header !== undefined &&
      isSecret(header, (/^(?:bearer|basic|token)$/i.test(next ?? '') ? afterNext : next) ?? '')
    ) {
      return true
    }
    const [, flag, value] = /^(--?[^=\s]+)=(.*)$/s.exec(word) ?? []
    if (flag !== undefined && value !== undefined) return isSecret(flag, value) || isSecretPair(value, isSecret)
    if (isSecretPair(word, isSecret)) return true
    return word.startsWith('-') && next !== undefined && !next.startsWith('-') && isSecret(word, next)
  })
}

/** `NAME=VALUE` or `Name: VALUE`. */
function isSecretPair(text: string, isSecret: IsSecret): boolean {
  const [, name, value] = /^(?:-e)?([A-Za-z_][\w.-]*)(?:=|:\s*(?!\/\/))(.*)$/s.exec(text) ?? []
  return name !== undefined && value !== undefined && isSecret(name, value)
}

/** Options whose value is the secret itself: `bearerToken`, `oauth.clientSecret`; not `bearer_token_env_var`, `authProviderType`. */
const SECRET_OPTION = /(?:token|secret|passw(?:or)?d|passphrase|api_?key|private_?key)s?$/i
const MAX_OPTION_DEPTH = 3

/** In an option of an entry, or of a group of its options. Variables and headers are judged by their own names. */
export function holdsSecretOption(options: JsonObject, depth = 0): boolean {
  return Object.entries(options).some(([name, value]) => {
    if (typeof value === 'string') return SECRET_OPTION.test(name) && isSecretMember(name, value)
    if (Array.isArray(value)) return value.slice(0, MAX_LISTED).some((each) => isSecretListed(name, each))
    const isGroup = depth < MAX_OPTION_DEPTH && !JUDGED_ELSEWHERE.has(name)
    return isGroup && holdsSecretOption(asObject(value), depth + 1)
  })
}

const MAX_LISTED = 256

/** In a list: `NAME=value`, `{ name, value }`, or one of several secrets. */
function isSecretListed(list: string, each: unknown): boolean {
  if (typeof each === 'string') {
    return JUDGED_ELSEWHERE.has(list)
      ? holdsSecretArgument([each])
      : SECRET_OPTION.test(list) && isSecretMember(list, each)
  }
  const [name, value] = [textOf(asObject(each), 'name'), textOf(asObject(each), 'value')]
  return name !== undefined && value !== undefined && isSecretMember(name, value)
}

const JUDGED_ELSEWHERE = new Set(['env', 'envs', 'environment', 'headers', 'http_headers', 'env_http_headers'])

/** Which names say that what is beside them is a secret. */

/** `apiKey`, `API_KEY` and `--api-key` read alike: small words with `_` between them. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
}

/** What a person thinks up: it may be short, and a number. */
const PASSWORD = /(?:passw(?:or)?ds?|passphrases?|_pwd)$/
/** Also where another word is right before: PGPASSWORD. */
const SECRET =
  /(?:token|secret|passw(?:or)?ds?|passphrases?|api_?keys?|private_?keys?|access_?keys?|secret_?keys?|credentials?|authorization|access_signature)(?:_|$)|(?:^|_)pass$|(?:access|api|auth|bearer|refresh|id|session|bot|user|personal)_?tokens$/
/** What is secret often and another thing as often: its value has to look like one. */
const PERHAPS = /(?:^|_)(?:auth|key|pat|bearer|cookie|secrets|tokens)$|(?:^|_)auth_/
/** Names of things about a secret: where it lies, how long it holds, who gives it. */
const ABOUT =
  /_(?:urls?|uri|endpoint|files?|path|dir|folder|location|type|mode|methods?|names?|header|prefix|provider|server|domain|host|issuer|audience|scopes?|env|env_var|var|variables?|store|backend|format|realm|algorithm|enabled|required|limit|length|size|count|min|max|ttl|expiry|expires|expiration|lifetime|timeout|interval|budget|policy|rotation|strength|manager|version|command|cmd|helper|source|stdin|prompt|(?:key|token|client|auth|access)_id)$/
/** How much a model reads and writes. */
const COUNTED =
  /(?:^|_)(?:max|min|num|total|prompt|completion|input|output|context|thinking|budget|new|stop)_(?:\w+_)?tokens$/
/** Keys that are public, and names that only look like keys. */
const OTHER_KEY =
  /(?:^|_)(?:public|publishable|primary|foreign|partition|sort|cache|hot|shortcut|group|project|issue|object|row|map|config)_key$/

const MAX_NAME = 128

/** Is the value beside this name a secret? Yes (`password`, `secret`), only if it looks like one, or the name says nothing. */
function secrecyOf(name: string): 'password' | 'secret' | 'perhaps' | 'none' {
  // The end of a name says what it is, and longer text is no name.
  const words = wordsOf(name.slice(-MAX_NAME))
  if (ABOUT.test(words) || OTHER_KEY.test(words) || COUNTED.test(words)) return 'none'
  if (PASSWORD.test(words)) return 'password'
  if (SECRET.test(words)) return 'secret'
  return PERHAPS.test(words) ? 'perhaps' : 'none'
}
