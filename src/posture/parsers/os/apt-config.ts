/** Settings of apt by lower-cased name with `::` between the levels; a list has its name once per member. See apt.conf(5). */
export type AptConfig = ReadonlyMap<string, readonly string[]>

/**
 * Reads apt.conf files in the order apt reads them; a later value replaces an earlier one, members of lists add up.
 * `#clear` is obeyed, `#include` is not.
 *
 * @returns undefined when any file is not understood: a setting missed could turn the meaning round.
 */
export function parseAptConfig(texts: readonly string[]): AptConfig | undefined {
  const values = new Map<string, string[]>()
  for (const text of texts) {
    const tokens = tokenize(text)
    if (tokens === undefined || !readStatements(tokens, values)) return undefined
  }
  return values
}

type Token = { readonly kind: '{' | '}' | ';' } | { readonly kind: 'word' | 'string'; readonly text: string }

const TOKEN =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|#(?!clear\b|include\b)[^\n]*|(?<mark>[{};])|"(?<string>(?:[^"\\]|\\.)*)"|(?<word>(?:(?!\/\/|\/\*)[^\s{};"])+)/y

function tokenize(text: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups
    if (groups === undefined) return undefined
    const { mark, string, word } = groups
    if (mark === '{' || mark === '}' || mark === ';') tokens.push({ kind: mark })
    else if (string !== undefined) tokens.push({ kind: 'string', text: string.replace(/\\(.)/g, '$1') })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
  }
  return tokens
}

const DEEPEST = 16

function readStatements(tokens: readonly Token[], values: Map<string, string[]>): boolean {
  const scope: string[] = []
  let words: { readonly quoted: boolean; readonly text: string }[] = []
  for (const token of tokens) {
    switch (token.kind) {
      case 'word':
      case 'string':
        words.push({ quoted: token.kind === 'string', text: token.text })
        break
      case ';':
        if (!assign(scope, words, values)) return false
        words = []
        break
      case '{':
        if (words.length !== 1 || scope.length >= DEEPEST) return false
        scope.push((words[0]?.text ?? '').toLowerCase())
        words = []
        break
      case '}':
        if (words.length > 0 || scope.pop() === undefined) return false
        break
    }
  }
  return scope.length === 0 && words.length === 0
}

function assign(
  scope: readonly string[],
  words: readonly { readonly quoted: boolean; readonly text: string }[],
  values: Map<string, string[]>,
): boolean {
  const [first, second, ...more] = words
  if (first === undefined) return true
  if (more.length > 0) return false
  if (first.text === '#clear') return clear(second?.text, values)
  if (first.text.startsWith('#')) return false
  // `"value";` alone, or `name:: "value";`, adds to the list of the scope.
  const isMember = second === undefined && first.quoted
  const path = (isMember ? [...scope, ''] : [...scope, first.text.toLowerCase()]).join('::')
  const value = (isMember ? first : second)?.text
  if (value === undefined) return true
  const list = path.endsWith('::') ? path.slice(0, -2) : undefined
  if (list === undefined) values.set(path, [value])
  else listAt(values, list).push(value)
  return true
}

/** Grown in place: a copy for every member would make a long list slow. */
function listAt(values: Map<string, string[]>, path: string): string[] {
  const list = values.get(path) ?? []
  values.set(path, list)
  return list
}

function clear(name: string | undefined, values: Map<string, string[]>): boolean {
  if (name === undefined) return false
  const path = name.toLowerCase()
  for (const key of [...values.keys()]) if (key === path || key.startsWith(`${path}::`)) values.delete(key)
  return true
}
