import fc from 'fast-check'

const SURROGATES = 0x800

/** Any character of Unicode. What fast-check calls `binary` does the same, after a second and a half in every file that asks for it. */
const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES })
  .map((at) => String.fromCodePoint(at < 0xd800 ? at : at + SURROGATES))

/** Text of any characters: controls, marks that combine, unassigned ones, no half pairs. */
export function anyText(lengths: { readonly minLength?: number; readonly maxLength?: number } = {}) {
  return fc.string({ ...lengths, unit: anyCharacter })
}
