/** How a terminal is told of colours and the like: control sequences, in seven bits and in eight (ECMA-48, SGR). */
const STARTS = ['\u001b[', '\u009b'] as const
const RENDITION = /([\d:;]*)m/y
const CONCEAL = 8
/** Colours, whose numbers follow: `5` and one of a table, or `2` and three. */
const COLOURS = [38, 48, 58]

/** Programs have tables of such sequences, and are not shown as they are. */
const PROGRAM = '\u007fELF'

/** Is a terminal told to conceal what follows? Models read it all the same. */
export function hasConcealedText(text: string): boolean {
  if (text.startsWith(PROGRAM)) return false
  return STARTS.some((start) => {
    for (let at = text.indexOf(start); at !== -1; at = text.indexOf(start, at + 1)) {
      RENDITION.lastIndex = at + start.length
      const [, parameters] = RENDITION.exec(text) ?? []
      if (parameters !== undefined && conceals(parameters.split(';'))) return true
    }
    return false
  })
}

function conceals(parameters: readonly string[]): boolean {
  for (let at = 0; at < parameters.length; at++) {
    const parameter = parameters[at] ?? ''
    const [code = ''] = parameter.split(':', 1)
    if (code !== '' && Number(code) === CONCEAL) return true
    if (COLOURS.includes(Number(code)) && code === parameter) at += numbersOfColour(parameters[at + 1])
  }
  return false
}

function numbersOfColour(kind: string | undefined): number {
  if (kind === '5') return 2
  return kind === '2' ? 4 : 0
}
