/**
 * Characters that people do not see and language models read. Each has an honest use, which is left out where it can be
 * told by its neighbours; what remains stands in no instruction for an honest reason.
 *
 * - Tags, U+E0000 to U+E007F: whole sentences in them are invisible ("ASCII smuggling", R. Goodside, January 2024).
 *   Honest in flags of regions: a black flag, letters and the end tag (Unicode UTS #51, ED-14a).
 * - Variation selectors, U+FE00 to U+FE0F and U+E0100 to U+E01EF: any bytes can be appended to one visible character
 *   (P. Butler, "Smuggling arbitrary data through an emoji", February 2025). Honest one at a time: the supplement
 *   behind an ideograph (UTS #37), the others behind an emoji or a sign, a sign or a key (`1`).
 * - Bidirectional embeddings, overrides and isolates, U+202A to U+202E and U+2066 to U+2069: text reads in another order
 *   than it is processed ("Trojan Source", CVE-2021-42574).
 * - Zero width and default-ignorable characters (Unicode 16, DerivedCoreProperties): U+200B, U+2060 to U+2064, U+180E, the
 *   Hangul fillers U+115F, U+1160, U+3164 and U+FFA0; U+FEFF anywhere but at the start; joiners U+200C and U+200D behind
 *   ASCII, where no script and no emoji needs them.
 */
const NEVER_HONEST: readonly (readonly [first: number, last: number])[] = [
  [0x115f, 0x1160],
  [0x180e, 0x180e],
  [0x200b, 0x200b],
  [0x202a, 0x202e],
  [0x2060, 0x2064],
  [0x2066, 0x2069],
  [0x3164, 0x3164],
  [0xffa0, 0xffa0],
]
const BLACK_FLAG = 0x1f3f4
const END_TAG = 0xe007f
const MAX_REGION = 6
const BYTE_ORDER_MARK = 0xfeff
const JOINERS = [0x200c, 0x200d] as const

/** Does the text hold any of these? */
export function hasInvisibleText(text: string): boolean {
  let before = 0
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0
    const width = point > 0xffff ? 2 : 1
    if (point >= 0x115f) {
      const skip = point === BLACK_FLAG ? tagsOfRegion(text, at + width) : 0
      if (isHidden(point, before, at)) return true
      at += skip
    }
    before = point
    at += width
  }
  return false
}

function isHidden(point: number, before: number, at: number): boolean {
  if (isSelector(point)) {
    const onAscii = before < 0x80 && !/^[0-9#*]$/.test(String.fromCodePoint(before))
    return onAscii || isSelector(before) || (point >= 0xe0100 && !isIdeograph(before))
  }
  if (isTag(point)) return true
  if (point === BYTE_ORDER_MARK) return at > 0
  if (JOINERS.some((joiner) => joiner === point)) return before < 0x80
  return NEVER_HONEST.some(([first, last]) => point >= first && point <= last)
}

function isSelector(point: number): boolean {
  return (point >= 0xfe00 && point <= 0xfe0f) || (point >= 0xe0100 && point <= 0xe01ef)
}

function isTag(point: number): boolean {
  return point >= 0xe0000 && point <= 0xe007f
}

function isIdeograph(point: number): boolean {
  return /^\p{Ideographic}$/u.test(String.fromCodePoint(point))
}

/** The length, in units, of the tags that make a flag that of a region; 0 where they make none. */
function tagsOfRegion(text: string, start: number): number {
  for (let count = 0; count <= MAX_REGION; count++) {
    const point = text.codePointAt(start + count * 2)
    if (point === undefined || !isTag(point)) return 0
    if (point === END_TAG) return count === 0 ? 0 : (count + 1) * 2
  }
  return 0
}
