import { SuretyError } from '../../base/errors.ts'
import { similarWords } from '../../base/text/similar-words.ts'
import { IMPORT_MAX_BYTES, type ImportedHuman, MAX_IMPORTED } from '../../protocol/nouns/people/people-import.ts'
import { csvCells } from '../command/csv-cells.ts'

/** A table of people: CSV with a heading, one person a line. */

export const PEOPLE_FILE_MAX_BYTES = IMPORT_MAX_BYTES / 2

export interface PersonOfFile {
  /** From 1. */
  readonly line: number
  readonly person: ImportedHuman
}

type Member = keyof ImportedHuman

/** Headings, in any case and with spaces for underscores. */
const COLUMNS: Readonly<Record<string, Member>> = {
  user_name: 'userName',
  username: 'userName',
  name: 'displayName',
  display_name: 'displayName',
  email: 'email',
  'e-mail': 'email',
  mail: 'email',
  manager: 'manager',
  groups: 'groups',
}
const NAMES = ['user_name', 'name', 'email', 'manager', 'groups'] as const

interface FaultOfFile {
  readonly line: number
  readonly message: string
}

/**
 * Separated by commas, semicolons or tabs, as the heading is. Groups are separated by semicolons in their cell. Empty cells say
 * nothing. Empty lines and lines that begin with `#` are left out.
 *
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_LARGE` for a file that cannot be read at all.
 */
export function parsePeople(text: string): {
  readonly people: readonly PersonOfFile[]
  readonly faults: readonly FaultOfFile[]
} {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((content, index) => ({ line: index + 1, content }))
    .filter(({ content }) => content.trim() !== '' && !content.startsWith('#'))
  const [heading, ...rest] = lines
  if (heading === undefined) throw malformed(`it is empty: begin with a heading such as ${NAMES.join(',')}`)
  const separator = ([';', '\t'] as const).find((one) => heading.content.includes(one)) ?? ','
  const members = columnsOf(csvCells(heading.content, separator), heading.line)
  const people: PersonOfFile[] = []
  const faults: FaultOfFile[] = []
  for (const { line, content } of rest) {
    const cells = csvCells(content, separator)
    if (cells === undefined) faults.push({ line, message: 'a quotation mark is not closed' })
    else if (cells.length !== members.length) {
      faults.push({ line, message: `${cells.length} columns, and the heading has ${members.length}` })
    } else people.push({ line, person: personOf(members, cells) })
  }
  if (rest.length === 0) throw malformed('nobody is in it: write one person in each line after the heading')
  if (people.length > MAX_IMPORTED) {
    throw new SuretyError('INPUT_TOO_LARGE', `${people.length} people, at most ${MAX_IMPORTED}: split the file`)
  }
  return { people, faults }
}

/** @throws `INPUT_MALFORMED`. */
function columnsOf(headings: readonly string[] | undefined, line: number): readonly Member[] {
  const members = (headings ?? []).map((heading) => {
    const written = heading.toLowerCase().replaceAll(' ', '_')
    const found = Object.hasOwn(COLUMNS, written) ? COLUMNS[written] : undefined
    if (found !== undefined) return found
    const [similar] = similarWords(written, NAMES)
    const hint = similar === undefined ? `the columns are ${NAMES.join(', ')}` : `did you mean ${similar}?`
    throw malformed(`line ${line}: there is no column ${JSON.stringify(heading.slice(0, 64))}: ${hint}`)
  })
  const twice = members.find((one, at) => members.indexOf(one) !== at)
  if (twice !== undefined) throw malformed(`line ${line}: two columns say the same: ${twice}`)
  if (!members.includes('userName')) throw malformed(`line ${line}: the heading has no column user_name`)
  return members
}

/** The directory refuses what it cannot use. */
function personOf(members: readonly Member[], cells: readonly string[]): ImportedHuman {
  const given: Partial<Record<Member, string | readonly string[]>> = { userName: '' }
  for (const [at, member] of members.entries()) {
    const cell = cells[at] ?? ''
    if (cell === '') continue
    given[member] = member === 'groups' ? cell.split(';').map((group) => group.trim()) : cell
  }
  return given as ImportedHuman // each member from the cell of its column
}

function malformed(message: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', message)
}
