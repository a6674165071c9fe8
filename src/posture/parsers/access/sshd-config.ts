/** One line of sshd_config. Keywords in lower case. See sshd_config(5). */
export interface SshdDirective {
  readonly keyword: string
  readonly words: readonly string[]
}

/** @returns undefined when a line is not understood. */
export function parseSshdConfig(text: string): readonly SshdDirective[] | undefined {
  const directives: SshdDirective[] = []
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const [, keyword, rest] = /^([A-Za-z][A-Za-z0-9]*)(?:\s*=\s*|\s+)(\S.*)$/.exec(line) ?? []
    const words = rest === undefined ? undefined : splitWords(rest)
    if (keyword === undefined || words === undefined || words.length === 0) return undefined
    directives.push({ keyword: keyword.toLowerCase(), words })
  }
  return directives
}

/** Words may be in double quotes; `#` at the start of a word begins a comment. */
function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = []
  const word = /\s*(?:"([^"]*)"|(#).*|([^\s"]+))/y
  let at = 0
  while (at < text.length) {
    word.lastIndex = at
    const found = word.exec(text)
    if (found === null) return text.slice(at).trim() === '' ? words : undefined
    if (found[2] !== undefined) break
    words.push(found[1] ?? found[3] ?? '')
    at = word.lastIndex
  }
  return words
}

export type RootLogin = 'yes' | 'prohibit-password' | 'forced-commands-only' | 'no'

/** @returns undefined for a word that sshd would refuse. */
export function rootLoginOf(word: string): RootLogin | undefined {
  switch (word.toLowerCase()) {
    case 'without-password':
    case 'prohibit-password':
      return 'prohibit-password'
    case 'yes':
    case 'no':
    case 'forced-commands-only':
      // The switch has just said so.
      return word.toLowerCase() as RootLogin
    default:
      return undefined
  }
}

/** The value of `permitrootlogin` in the output of `sshd -T`. */
export function parseSshdEffective(stdout: string): RootLogin | undefined {
  const values = stdout.split('\n').flatMap((line) => /^permitrootlogin (\S+)$/.exec(line)?.[1] ?? [])
  return values.length === 1 && values[0] !== undefined ? rootLoginOf(values[0]) : undefined
}

/** Whether a password opens a session, from the output of `sshd -T`: by itself or through PAM's questions. */
export function parseSshdPasswords(stdout: string): boolean | undefined {
  const values = (['passwordauthentication', 'kbdinteractiveauthentication'] as const).map((name) => {
    const found = stdout.split('\n').filter((line) => line.startsWith(`${name} `))
    return found.length === 1 ? found[0]?.slice(name.length + 1) : undefined
  })
  if (values.includes('yes')) return true
  return values.every((value) => value === 'no') ? false : undefined
}
