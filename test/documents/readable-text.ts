/** Limits on what a user has to read at once, in words. */
export const MAX_WORDS = { sentence: 35, paragraph: 80, cell: 30 } as const

const words = (text: string) => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length

/** As a reader sees it: of a link its text, of code one word. */
function shown(text: string): string {
  return text
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/`[^`]*`/g, 'code')
    .replaceAll(/\*\*/g, '')
}

/** One line per sentence, paragraph or cell of Markdown that is too long. */
export function tooLong(markdown: string): readonly string[] {
  const text = markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')
  const lines = text.split('\n')
  const cells = lines
    .filter((line) => line.startsWith('|') && !/^\|[-| :]*$/.test(line))
    .flatMap((line) => shown(line).split(/(?<!\\)\|/))
  const paragraphs = lines
    .map((line) => (line.startsWith('|') || line.startsWith('#') ? '' : line.replace(/^\s*([-*]|\d+\.) /, '\n\n')))
    .join('\n')
    .split(/\n\s*\n/)
    .map((one) => shown(one).replaceAll(/\s+/g, ' ').trim())
  const sentences = paragraphs.flatMap((one) => one.split(/(?<=[.!?:])\s+/))
  const over = (kind: keyof typeof MAX_WORDS, all: readonly string[]) =>
    all
      .filter((one) => words(one) > MAX_WORDS[kind])
      .map((one) => `${kind} of ${words(one)} words: ${one.trim().slice(0, 60)}`)
  return [...over('sentence', sentences), ...over('paragraph', paragraphs), ...over('cell', cells)]
}
