/** Which names say that what stands beside them is a secret. */

/** `apiKey`, `API_KEY` and `--api-key` read alike: small words with `_` between them. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
}

/** What a person thinks up: it may be short, and a number. */
const PASSWORD = /(?:passw(?:or)?ds?|passphrases?|_pwd)$/
/** Also where another word stands right before: PGPASSWORD. */
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

/** How much the name says: the value beside it is a secret, is one if it looks like one, is judged by itself. */
export function secrecyOf(name: string): 'password' | 'secret' | 'perhaps' | 'none' {
  // The end of a name says what it is, and longer text is no name.
  const words = wordsOf(name.slice(-MAX_NAME))
  if (ABOUT.test(words) || OTHER_KEY.test(words) || COUNTED.test(words)) return 'none'
  if (PASSWORD.test(words)) return 'password'
  if (SECRET.test(words)) return 'secret'
  return PERHAPS.test(words) ? 'perhaps' : 'none'
}
