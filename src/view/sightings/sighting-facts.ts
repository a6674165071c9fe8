import type { Sighting } from '../../protocol/sighting.ts'
import { hanging, type Terminal } from '../terminal.ts'
import { riskSentences } from './risk-sentences.ts'
import { titleOf } from './sighting-rows.ts'

/** All members of a sighting, one line each, with the names of its JSON. */
export function sightingFacts(sighting: Sighting, terminal: Terminal): string[] {
  const { id, kind, name: _, version: __, ...rest } = sighting
  const facts: readonly Fact[] = [
    ['id', id],
    ['kind', kind],
    ['risks', riskSentences(sighting)],
    ...Object.entries(rest),
  ]
  return [
    ...hanging(terminal, '', 0, titleOf(sighting)),
    ...facts.flatMap(([name, value]) =>
      textsOf(name, value).flatMap((text, index) =>
        hanging(terminal, index === 0 ? `  ${wordsOf(name)}` : '', LABEL_WIDTH, text),
      ),
    ),
  ]
}

type Fact = readonly [name: string, value: unknown]

/** The width of the longest label, `  native messaging hosts  `. */
const LABEL_WIDTH = 26

/** One text for each item of a list, none for an empty list. */
function textsOf(name: string, value: unknown): string[] {
  return Array.isArray(value) ? value.map((item) => textOf(name, item)) : [textOf(name, value)]
}

/** The members of an object in one line: `name value, other value`. Inner lists and objects likewise. */
export function memberWords(value: object): string {
  return textOf('', value)
}

function textOf(name: string, value: unknown): string {
  if (value === true) return 'yes'
  if (value === false) return 'no'
  if (typeof value === 'number' && /(At|Until)$|^since$/.test(name)) return new Date(value).toISOString()
  if (typeof value !== 'object' || value === null) return `${value}`
  return Object.entries(value)
    .map(([member, each]) => `${wordsOf(member)} ${textsOf(member, each).join(' ')}`)
    .join(', ')
}

/** `writableByOthers` becomes `writable by others`. */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`)
}
