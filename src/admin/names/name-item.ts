import { SuretyError } from '../../base/errors.ts'
import type { Reader } from '../../base/schema.ts'
import type { Item } from '../../protocol/noun/noun.ts'
import { queryOf } from '../command/command-line.ts'
import type { ApiClient } from '../connection/api-client.ts'

const MAX_NAME = 256
/** As many as are named where more than one is meant. */
const CANDIDATES = 5

export interface NamedItems<T> {
  /** A whole id. It is taken as it is. */
  readonly wholeId: Pick<RegExp, 'test'>
  /** The list of the API, which takes `named`. */
  readonly path: string
  readonly reader: Reader<{ items: T[]; next?: string }>
  /** Those that a person rather means. */
  readonly preferred: (item: T) => boolean
  readonly describe: (item: T) => string
  /** What there is none of, and the command that shows ids. */
  readonly noun: string
  readonly list: string
}

/**
 * The id of what a person means: its id, the beginning of it, or another name that the list takes.
 *
 * @throws `NOT_FOUND` where it may be none or more than one.
 */
export async function itemIdOf<T extends Item>(
  api: ApiClient,
  wanted: string,
  { wholeId, path, reader, preferred, describe, noun, list }: NamedItems<T>,
): Promise<string> {
  if (wholeId.test(wanted)) return wanted
  const shown = JSON.stringify(wanted.slice(0, 64))
  const hint = `List them with: surety-directory ${list}`
  const found = wanted === '' || wanted.length > MAX_NAME ? [] : await allNamed()
  const likely = found.filter(preferred)
  const [only, ...others] = likely.length > 0 ? likely : found
  if (only === undefined) throw new SuretyError('NOT_FOUND', `no ${noun} has the name ${shown}. ${hint}`)
  if (others.length > 0) {
    const all = [only, ...others].slice(0, CANDIDATES).map(describe)
    const more = others.length >= CANDIDATES ? ' and more' : ''
    throw new SuretyError('NOT_FOUND', `${shown} may be ${all.join(', ')}${more}: give its id`)
  }
  return `${only.id ?? ''}`

  async function allNamed(): Promise<readonly T[]> {
    const separator = path.includes('?') ? '&' : '?'
    return (await api.ask('GET', `${path}${separator}${queryOf({ named: wanted, limit: 500 }).slice(1)}`, reader)).items
  }
}
