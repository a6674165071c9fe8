import { SuretyError } from '../../base/errors.ts'
import {
  MAX_PREREGISTRATIONS,
  type PreregistrationInit,
  preregisteredDevice,
} from '../../protocol/nouns/enrolment/preregistrations.ts'
import { csvCells } from '../command/csv-cells.ts'
import { readTextFile } from '../command/read-text-file.ts'

/** A file of devices and their owners: CSV with two columns, one device a line. */

const MAX_BYTES = 4 * 1024 * 1024
const MAX_FAULTS = 5

/** @throws as `readTextFile`; `INPUT_TOO_LARGE`; `INPUT_MALFORMED` with the lines that do not fit. */
export async function readOwnerFile(file: string): Promise<readonly PreregistrationInit[]> {
  const text = await readTextFile(file, { maxBytes: MAX_BYTES })
  try {
    return parseOwners(text)
  } catch (cause) {
    if (!(cause instanceof SuretyError)) throw cause
    throw new SuretyError(cause.code, `${file}: ${cause.message}`, { cause })
  }
}

/**
 * Empty lines, lines that begin with `#` and a heading are left out.
 *
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_LARGE`.
 */
export function parseOwners(text: string): readonly PreregistrationInit[] {
  const items: PreregistrationInit[] = []
  const faults: string[] = []
  const seen = new Map<string, number>()
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || line.startsWith('#') || (items.length === 0 && isHeading(line))) continue
    const item = itemOf(line)
    if (typeof item === 'string') {
      faults.push(`line ${index + 1}: ${item}`)
      continue
    }
    const key = `${item.kind} ${item.name.toLowerCase()}`
    const before = seen.get(key)
    if (before !== undefined) faults.push(`line ${index + 1}: the same device is in line ${before}`)
    seen.set(key, index + 1)
    items.push(item)
  }
  if (faults.length > 0) {
    const more = faults.length > MAX_FAULTS ? `; and ${faults.length - MAX_FAULTS} more` : ''
    throw new SuretyError('INPUT_MALFORMED', `${faults.slice(0, MAX_FAULTS).join('; ')}${more}`)
  }
  if (items.length === 0)
    throw new SuretyError('INPUT_MALFORMED', 'no device is in it: write DEVICE,OWNER in each line')
  if (items.length > MAX_PREREGISTRATIONS) {
    throw new SuretyError('INPUT_TOO_LARGE', `${items.length} devices, at most ${MAX_PREREGISTRATIONS}: split the file`)
  }
  return items
}

function isHeading(line: string): boolean {
  return csvCells(line)?.[1]?.toLowerCase() === 'owner'
}

/** @returns why the line does not fit. */
function itemOf(line: string): PreregistrationInit | string {
  const cells = csvCells(line)
  if (cells === undefined) return 'a quotation mark is not closed'
  const [device = '', owner = '', ...others] = cells
  if (cells.length < 2 || others.length > 0) return `${cells.length} columns instead of 2: DEVICE,OWNER`
  if (device === '' || owner === '') return `the ${device === '' ? 'device' : 'owner'} is empty`
  if (device.length > 256 || owner.length > 256) return 'longer than 256 characters'
  const named = preregisteredDevice(device)
  return typeof named === 'string' ? named : { ...named, owner }
}
