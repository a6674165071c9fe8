/**
 * Characters that people do not see and language models read. Each has an honest use, told by its neighbours, or none; two
 * behind each other have none, whatever they are, for with two such characters anything can be spelt.
 *
 * They are the default-ignorable characters (DerivedCoreProperties of Unicode, of the version that the engine has, 16 or
 * later), the interlinear annotations U+FFF9 to U+FFFB, and the blank pattern of Braille, U+2800. Of these honest are:
 *
 * - tags (U+E0000 to U+E007F, "ASCII smuggling", R. Goodside, January 2024) in the three flags of subdivisions that Unicode
 *   recommends: England, Scotland, Wales (UTS #51, emoji-sequences.txt);
 * - one variation selector ("Smuggling arbitrary data through an emoji", P. Butler, February 2025) behind what has variants:
 *   U+FE0E and U+FE0F behind a sign or a key (`1`), U+FE00 to U+FE02 also behind ideographs and a few scripts, up to U+FE06
 *   behind hieroglyphs, U+E0100 to U+E01EF behind ideographs (UTS #37), those of Mongolian behind its letters
 *   (StandardizedVariants.txt), and its vowel separator between them;
 * - a joiner behind a letter of a script that needs it, U+200D behind an emoji, U+200C before such a letter;
 * - the byte order mark at the start;
 * - one direction mark, soft hyphen, grapheme joiner or blank pattern. Where nothing around it needs one it counts, and
 *   `MAX_UNNEEDED` near to each other spell a byte.
 *
 * Never honest are embeddings, overrides and isolates (U+202A to U+202E, U+2066 to U+2069, "Trojan Source", CVE-2021-42574),
 * zero width spaces, fillers of Hangul, and whatever else is in that set. So is text that a terminal is told to conceal.
 */
const SILENT = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/gu
const MAX_UNNEEDED = 8
/** In code units: random bytes of a program have a few in a megabyte. */
const NEAR = 512

const BYTE_ORDER_MARK = 0xfeff
const [NON_JOINER, JOINER] = [0x200c, 0x200d]
const SOFT_HYPHEN = 0xad
const GRAPHEME_JOINER = 0x34f
const DIRECTION_MARKS: readonly number[] = [0x200e, 0x200f, 0x61c]
const BLANK_PATTERN = 0x2800
const VOWEL_SEPARATOR = 0x180e
const FLAG_OF_SUBDIVISION =
  /\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}/uy
const FLAG_WIDTH = 2

const SEEN = '(?![\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb\\u2800])'
const seen = (pattern: string) => new RegExp(`^${SEEN}(?:${pattern})$`, 'u')
const ANY_SEEN = new RegExp(`^${SEEN}`, 'u')
const LETTER = seen('[\\p{L}\\p{M}]')
const MARK = seen('\\p{M}')
const SIGN = seen('[0-9#*\\u20e3]|(?![ -~])[\\p{S}\\p{P}\\p{No}\\p{Emoji}]')
const IDEOGRAPH = seen('\\p{Ideographic}')
const HIEROGLYPH = seen('\\p{Script=Egyptian_Hieroglyphs}')
const WITH_VARIANTS = seen('[\\p{Ideographic}\\p{Script=Myanmar}\\p{Script=Phags_Pa}\\p{Script=Manichaean}]')
const MONGOLIAN = seen('(?=[\\p{L}\\p{M}])\\p{Script_Extensions=Mongolian}')
const EMOJI = seen('[\\p{Extended_Pictographic}\\p{Emoji_Modifier}]')
/** Letters, marks and digits from Hebrew to Myanmar, from Tagalog to Vedic, and of what lies elsewhere of such scripts. */
const JOINS = seen(
  '(?=[\\p{L}\\p{M}\\p{Nd}])[\\u0590-\\u109f\\u1700-\\u1cff\\ua800-\\uaaff\\uabc0-\\uabff\\ufb1d-\\ufdff\\ufe70-\\ufefc' +
    '\\u{10800}-\\u{11fff}\\u{1e800}-\\u{1efff}]',
)
const NOT_RIGHT_TO_LEFT =
  /[^\u05d0-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]+/gu
const BLANKS = /[\u2800\r\n]+/y
const PATTERN = /^[\u2801-\u28ff]$/

/** Does the text hold any of these? */
export function hasInvisibleText(text: string): boolean {
  return hasConcealedText(text) || new InvisibleText(text).isThere()
}

type Verdict = 'honest' | 'unneeded' | 'hidden'

class InvisibleText {
  readonly #text: string
  /** Up to where it is known to be honest. */
  #until = 0
  /** Positions of the last characters that nothing needs. */
  readonly #unneeded: number[] = []
  #softHyphenAt = Number.NEGATIVE_INFINITY
  /** How many direction marks the letters of this line may still need. */
  #line = { end: -1, needed: 0 }

  constructor(text: string) {
    this.#text = text
  }

  isThere(): boolean {
    for (const { index } of this.#text.matchAll(SILENT)) {
      if (index < this.#until) continue
      const verdict = this.#verdictAt(index, this.#text.codePointAt(index) ?? 0)
      if (verdict === 'hidden' || (verdict === 'unneeded' && this.#areMany(index))) return true
    }
    return false
  }

  #areMany(at: number): boolean {
    this.#unneeded.push(at)
    if (this.#unneeded.length < MAX_UNNEEDED) return false
    return at - (this.#unneeded.shift() ?? 0) <= NEAR
  }

  #verdictAt(at: number, point: number): Verdict {
    if (point === BYTE_ORDER_MARK) return honestIf(at === 0)
    if (point >= 0xe0000 && point <= 0xe007f) return honestIf(this.#isInFlag(at))
    const before = this.#pointBefore(at)
    const after = this.#text.codePointAt(at + (point > 0xffff ? 2 : 1))
    if (isSelector(point)) return honestIf(hasVariant(before, point))
    if (point === BLANK_PATTERN) return this.#blanksAt(at, before)
    const carrier = this.#carrierBefore(at)
    if (carrier !== undefined && isSilent(carrier)) return 'hidden'
    if (point === VOWEL_SEPARATOR) return honestIf(is(MONGOLIAN, carrier) && is(MONGOLIAN, after))
    if (point === JOINER) return honestIf(is(JOINS, carrier) || is(EMOJI, carrier))
    if (point === NON_JOINER) return honestIf(is(JOINS, carrier) || is(JOINS, after))
    if (point === GRAPHEME_JOINER) return neededIf(is(MARK, before) && is(LETTER, after))
    if (point === SOFT_HYPHEN) return this.#softHyphen(at, is(LETTER, before) && is(LETTER, after))
    if (DIRECTION_MARKS.includes(point)) return neededIf(this.#isNeededInLine(at))
    return 'hidden'
  }

  /** A word is parted behind its second letter at the earliest. */
  #softHyphen(at: number, isInWord: boolean): Verdict {
    const isApart = at - this.#softHyphenAt > 2
    this.#softHyphenAt = at
    return neededIf(isInWord && isApart)
  }

  #isInFlag(at: number): boolean {
    FLAG_OF_SUBDIVISION.lastIndex = at - FLAG_WIDTH
    if (at < FLAG_WIDTH || !FLAG_OF_SUBDIVISION.test(this.#text)) return false
    this.#until = FLAG_OF_SUBDIVISION.lastIndex
    return true
  }

  /** All adjacent ones, across lines: pictures made of patterns have rows of them. */
  #blanksAt(at: number, before: number | undefined): Verdict {
    BLANKS.lastIndex = at
    BLANKS.test(this.#text)
    this.#until = BLANKS.lastIndex
    if (before !== undefined && isSilent(before)) return 'hidden'
    let start = at
    while (start > 0 && /[\r\n]/.test(this.#text.charAt(start - 1))) start--
    if ([start - 1, this.#until].some((each) => PATTERN.test(this.#text.charAt(each)))) return 'honest'
    return this.#until - at > 1 && this.#text.slice(at + 1, this.#until).includes('\u2800') ? 'hidden' : 'unneeded'
  }

  /** No more direction marks than letters that are read from the right are in the line. */
  #isNeededInLine(at: number): boolean {
    if (at > this.#line.end) {
      const end = this.#text.indexOf('\n', at)
      const line = this.#text.slice(this.#text.lastIndexOf('\n', at) + 1, end === -1 ? undefined : end)
      this.#line = { end: end === -1 ? this.#text.length : end, needed: line.replace(NOT_RIGHT_TO_LEFT, '').length }
    }
    return this.#line.needed-- > 0
  }

  #pointBefore(at: number): number | undefined {
    const last = this.#text.codePointAt(at - 1)
    const isHalf = last !== undefined && last >= 0xdc00 && last <= 0xdfff
    const whole = isHalf ? this.#text.codePointAt(at - 2) : undefined
    return whole !== undefined && whole > 0xffff ? whole : last
  }

  /** What is seen before, behind which one honest selector may stand. */
  #carrierBefore(at: number): number | undefined {
    const before = this.#pointBefore(at)
    if (before === undefined || !isSelector(before)) return before
    const base = this.#pointBefore(at - (before > 0xffff ? 2 : 1))
    return hasVariant(base, before) ? base : before
  }
}

function honestIf(honest: boolean): Verdict {
  return honest ? 'honest' : 'hidden'
}

function neededIf(needed: boolean): Verdict {
  return needed ? 'honest' : 'unneeded'
}

function is(kind: RegExp, point: number | undefined): boolean {
  return point !== undefined && kind.test(String.fromCodePoint(point))
}

function isSilent(point: number): boolean {
  return !is(ANY_SEEN, point)
}

function isMongolianSelector(point: number): boolean {
  return (point >= 0x180b && point <= 0x180d) || point === 0x180f
}

function isSelector(point: number): boolean {
  return (point >= 0xfe00 && point <= 0xfe0f) || (point >= 0xe0100 && point <= 0xe01ef) || isMongolianSelector(point)
}

function hasVariant(base: number | undefined, selector: number): boolean {
  if (isMongolianSelector(selector)) return is(MONGOLIAN, base)
  if (selector >= 0xe0100) return is(IDEOGRAPH, base)
  if (selector >= 0xfe0e) return is(SIGN, base)
  if (selector <= 0xfe06 && is(HIEROGLYPH, base)) return true
  return selector <= 0xfe02 && (is(SIGN, base) || is(WITH_VARIANTS, base))
}

/** The beginnings of control sequences for terminals, in seven bits and in eight (ECMA-48, SGR). */
const STARTS = ['\u001b[', '\u009b'] as const
const RENDITION = /([\d:;]*)m/y
const CONCEAL = 8
/** Colours, whose numbers follow: `5` and one of a table, or `2` and three. */
const COLOURS = [38, 48, 58]

/** Programs have tables of such sequences, and are not shown as they are. */
const PROGRAM = '\u007fELF'

/** True if a control sequence conceals text on a terminal. Models still read it. */
function hasConcealedText(text: string): boolean {
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
