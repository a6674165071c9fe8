/** Which names say that what stands beside them is a secret, and which values are none in any case. */

/** `apiKey`, `API_KEY` and `--api-key` read alike: small words with `_` between them. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
}

/** Also where another word stands right before: PGPASSWORD. */
const SECRET =
  /(?:token|secret|passw(?:or)?d|passphrase|api_?key|private_?key|access_?key|secret_?key|credentials?|authorization)(?:_|$)|_pwd$|(?:^|_)pass$/
/** What is secret often and another thing as often: its value has to look like one. */
const PERHAPS = /(?:^|_)(?:auth|key|pat|bearer|cookie)$|(?:^|_)auth_/
/** Names of things about a secret: where it lies, how long it holds, who gives it. */
const ABOUT =
  /_(?:urls?|uri|endpoint|files?|path|dir|folder|location|type|mode|methods?|names?|header|prefix|provider|server|domain|host|issuer|audience|scopes?|env|env_var|var|variables?|store|backend|format|realm|algorithm|enabled|required|limit|length|size|count|ttl|expiry|expires|expiration|lifetime|timeout|interval|budget|(?:key|token|client|auth|access)_id)$/
/** Keys that are shown to everybody, and that are none. */
const OTHER_KEY =
  /(?:^|_)(?:public|publishable|primary|foreign|partition|sort|cache|hot|shortcut|group|project|issue|object|row|map|config)_key$/

/** How much the name says: the value beside it is a secret, is one if it looks like one, is judged by itself. */
export function secrecyOf(name: string): 'secret' | 'perhaps' | 'none' {
  const words = wordsOf(name)
  if (ABOUT.test(words) || OTHER_KEY.test(words)) return 'none'
  if (SECRET.test(words)) return 'secret'
  return PERHAPS.test(words) ? 'perhaps' : 'none'
}

/** `${VAR}`, `$VAR`, `{env:VAR}`, `{{VAR}}`, `%VAR%`, `op://…`, `OTHER_VARIABLE`: it names the secret and is not it. */
const REFERENCE =
  /\$\{[^{}]*\}|\$[A-Za-z_]\w*|\$\([^()]*\)|\{(?:env|file|input):[^{}]*\}|\{\{[^{}]*\}\}|%\w+%|^\{\w+\}$|^[A-Z]+(?:_[A-Z]+)+$|^(?!https?:)[a-z][a-z0-9+.-]*:\/\//
/** What people write where the secret is to stand. */
const PLACEHOLDER =
  /^<[^>]*>$|^\[[^\]]*\]$|^([x*.?#_-])\1*$|(?:^|[^a-z])(?:your|change[-_ ]?me|replace[-_ ]?(?:me|with|this)|placeholder|example|dummy|redacted|insert|todo|here)(?:$|[^a-z])/i
/** Choices of a setting. */
const CHOICE =
  /^(?:true|false|null|none|undefined|enabled?|disabled?|required|optional|prompt|interactive|automatic|default|keychain|keyring|oauth2?|bearer|basic|anonymous)$/i
const PATH = /^(?:~|\.{0,2})[/\\][^+=]*$|^[A-Za-z]:[\\/]/

/** An empty text, the name of a secret, a placeholder, a path: whatever its name says. */
export function isNoSecret(value: string): boolean {
  return value === '' || REFERENCE.test(value) || PLACEHOLDER.test(value) || CHOICE.test(value) || PATH.test(value)
}
