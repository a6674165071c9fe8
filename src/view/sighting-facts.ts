import type { Sighting } from '../protocol/sighting.ts'
import { bewareOf, titleOf } from './sighting-rows.ts'
import { hanging, type Terminal } from './terminal.ts'

/** All that is told of one thing that was seen, a line for each fact, in the words of its JSON. */
export function sightingFacts(sighting: Sighting, terminal: Terminal): string[] {
  const { id, kind, name: _, version: __, ...rest } = sighting
  const facts: readonly Fact[] = [['id', id], ['kind', kind], ['beware', bewareOf(sighting)], ...Object.entries(rest)]
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

/** `  native messaging hosts  ` */
const LABEL_WIDTH = 26

/** A list has a line for each of its items, and none where it is empty. */
function textsOf(name: string, value: unknown): string[] {
  return Array.isArray(value) ? value.map((item) => textOf(name, item)) : [textOf(name, value)]
}

/** Members of an object in one line: `name value, another value`; lists and objects within it likewise. */
export function memberWords(value: object): string {
  return textOf('', value)
}

function textOf(name: string, value: unknown): string {
  if (value === true) return 'yes'
  if (value === false) return 'no'
  if (typeof value === 'number' && name.endsWith('At')) return new Date(value).toISOString()
  if (typeof value !== 'object' || value === null) return `${value}`
  return Object.entries(value)
    .map(([member, each]) => `${wordsOf(member)} ${textsOf(member, each).join(' ')}`)
    .join(', ')
}

/** `writableByOthers` is `writable by others`. */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`)
}
