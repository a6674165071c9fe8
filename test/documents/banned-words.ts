/** Words that sound translated. Texts for users do without them. */
const BANNED = [
  ...['anew', 'mend', 'mends', 'mended', 'goes on', 'go on', 'so many', 'says so', 'say so', 'of which', 'whoever'],
  ...['whose it is', 'whose they are', 'by itself', 'by themselves', 'stands'],
  // As in "is told"; "unless told otherwise" is English.
  '(?:is|are|was|were|be|been|not) told',
]

const WORDS = new RegExp(`(?<![\\w-])(?:${BANNED.join('|')})(?![\\w-])`, 'gi')
const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|[\s;{}()])\/\/.*$/gm
const LITERAL = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g
/** What a person reads has words with a space between them. */
const SENTENCE = /[a-z]{2}[^\n]* [^\n]*[a-z]{2}/i

/** The banned words of a text. */
export function bannedIn(text: string): readonly string[] {
  return [...text.matchAll(WORDS)].map(([word]) => word.toLowerCase())
}

/** The literals of a source file that a person may read, without what is computed in them. */
export function literalsIn(source: string): readonly string[] {
  return [...source.replace(COMMENT, '').matchAll(LITERAL)]
    .map(([literal]) => literal.slice(1, -1).replace(/\$\{[^}]*\}/g, '…'))
    .filter((literal) => SENTENCE.test(literal))
}
