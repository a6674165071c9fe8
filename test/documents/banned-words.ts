/** Words that sound translated. Texts for users do without them. */
const BANNED = [
  ...['anew', 'mend', 'mends', 'mended', 'goes on', 'go on', 'so many', 'says so', 'say so', 'of which', 'whoever'],
  ...['whose it is', 'whose they are', 'by itself', 'by themselves', 'stands'],
  // As in "is told"; "unless told otherwise" is English.
  '(?:is|are|was|were|be|been|not) told',
]

/** Documents do without these as well. In the other texts they may be right. */
const BANNED_IN_DOCUMENTS = ['stand', 'stood', 'mending', 'going on', 'went on', 'told', 'alone']

/** Titles of tests do without these too: they name who does what. */
const BANNED_IN_TITLES = ['told', 'nobody', 'somebody', 'whoever', 'whatever']

const wordsOf = (banned: readonly string[]) => new RegExp(`(?<![\\w-])(?:${banned.join('|')})(?![\\w-])`, 'gi')
const WORDS = wordsOf(BANNED)
const DOCUMENT_WORDS = wordsOf([...BANNED, ...BANNED_IN_DOCUMENTS])
const TITLE_WORDS = wordsOf([...BANNED, ...BANNED_IN_TITLES])
/** Code, links, and the example of what not to write. */
const NOT_PROSE = /^```[\s\S]*?^```$|`[^`\n]*`|\]\([^)]*\)|^\| Whoever .*$/gm
const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|[\s;{}()])\/\/.*$/gm
const LITERAL = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g
/** What a person reads has words with a space between them. */
const SENTENCE = /[a-z]{2}[^\n]* [^\n]*[a-z]{2}/i

/** The banned words of a text. */
export function bannedIn(text: string): readonly string[] {
  return [...text.matchAll(WORDS)].map(([word]) => word.toLowerCase())
}

/** The banned words of a test's title. */
export function bannedInTitle(title: string): readonly string[] {
  return [...title.matchAll(TITLE_WORDS)].map(([word]) => word.toLowerCase())
}

/** The banned words of a document, each with the words around it. */
export function bannedInDocument(markdown: string): readonly string[] {
  const text = markdown.replaceAll(NOT_PROSE, '')
  return [...text.matchAll(DOCUMENT_WORDS)].map(({ 0: word, index }) => {
    return `${word}: ${text.slice(Math.max(0, index - 30), index + 40).replaceAll('\n', ' ')}`
  })
}

/** The literals of a source file that a person may read, without what is computed in them. */
export function literalsIn(source: string): readonly string[] {
  return [...source.replace(COMMENT, '').matchAll(LITERAL)]
    .map(([literal]) => literal.slice(1, -1).replace(/\$\{[^}]*\}/g, '…'))
    .filter((literal) => SENTENCE.test(literal))
}
