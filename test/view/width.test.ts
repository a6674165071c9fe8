import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { clipped, padded, pieces, widthOf } from '../../src/view/terminal.ts'
import { anyText } from '../support/any-text.ts'

/** Node counts columns with ICU, for the cursor of its line editor. */
function columnsByNode(): (text: string) => number {
  const editor = createInterface({ input: new PassThrough(), output: new PassThrough(), terminal: false, prompt: '' })
  editor.close()
  return (text) => {
    Object.assign(editor, { line: text, cursor: text.length })
    return editor.getCursorPos().cols
  }
}

/** Node counts some combining marks and Hangul vowels, and removes others by normalisation. */
const OTHERWISE = /[\p{C}\p{Z}\p{M}\u1160-\u11ff\ud7b0-\ud7ff]/u

test('agrees with Node on the width of each character of Unicode', () => {
  const columns = columnsByNode()
  const differing: string[] = []
  let compared = 0
  for (let code = 0x20; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code)
    if (OTHERWISE.test(character) || character.normalize('NFC') !== character) continue
    compared++
    if (widthOf(character) !== columns(character)) differing.push(`${code.toString(16)} ${columns(character)}`)
  }
  expect(differing).toEqual([])
  expect(compared).toBeGreaterThan(140_000)
})

test.each([
  ['', 0],
  ['abc', 3],
  ['плохо', 5],
  ['日本語', 6],
  ['плохо-имя-日本語', 16],
  ['é', 1],
  ['e\u0301', 1],
  ['한글', 4],
  ['\u1112\u1161\u11ab', 2],
  ['ＡＢ', 4],
  ['ｱｲ', 2],
  ['🦀', 2],
  ['𠀋', 2],
  ['𝒳', 1],
])('%j takes %i columns', (text, width) => expect(widthOf(text)).toBe(width))

test('pads, clips and splits to the requested width, and loses nothing', () => {
  fc.assert(
    fc.property(anyText(), fc.integer({ min: 3, max: 20 }), (text, width) => {
      expect(widthOf(padded(text, width))).toBe(Math.max(width, widthOf(text)))
      expect(widthOf(clipped(text, width))).toBeLessThanOrEqual(width)
      const cut = pieces(text, width)
      expect(cut.join('')).toBe(text)
      for (const piece of cut) expect(widthOf(piece)).toBeLessThanOrEqual(width)
    }),
  )
})

test.each([
  ['日本語', 6, '日本語'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['日本語', 3, '日…'],
  ['abcd', 3, 'ab…'],
])('clips %s to %i columns: %s', (text, width, shown) => expect(clipped(text, width)).toBe(shown))
