const LINE_WORD = /(?:[^\s"'\\]|\\[\s"'\\]?|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/y
/** Words that only a shell acts on. */
const FOR_SHELL = /^(?:&&|\|\|?|[;&]|(?:\d|&)?>.*|<.*)$|^[^"']*;$/s

/**
 * A whole line as clients take it for a command: words, with quotes around those that have blanks. What a shell would act on
 * within a word is a part of that word.
 *
 * @returns `shell` if it is a line for a shell; undefined if a quote never ends.
 */
export function lineWords(line: string): { readonly words: readonly string[]; readonly shell: boolean } | undefined {
  const words: string[] = []
  let shell = false
  for (let at = 0; at < line.length; ) {
    LINE_WORD.lastIndex = at
    const [word = ''] = LINE_WORD.exec(line) ?? []
    if (word === '' && !/\s/.test(line[at] ?? '')) return undefined
    at += Math.max(1, word.length)
    if (word === '') continue
    shell ||= FOR_SHELL.test(word)
    words.push(
      word.replace(
        /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s"'\\])/g,
        (_, literal?: string, quoted?: string, one?: string) =>
          literal ?? quoted?.replace(/\\(["\\])/g, '$1') ?? one ?? '',
      ),
    )
  }
  return { words, shell }
}
