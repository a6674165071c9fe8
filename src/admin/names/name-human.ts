import { HUMAN_ID } from '../../protocol/ids.ts'
import { type HumanView, humanPageReader } from '../../protocol/nouns/people/people.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { itemIdOf, type NamedItems } from './name-item.ts'

/** What `humanIdOf` takes, for help pages. */
export const HUMAN_WORDS = 'user name, e-mail address, id, or at least eight characters of its beginning'
/** What the API takes where it finds the human itself. */
export const PERSON_WORDS = 'user name, e-mail address or id'

const NAMED: NamedItems<HumanView> = {
  wholeId: new RegExp(HUMAN_ID),
  path: '/humans',
  reader: humanPageReader,
  noun: 'human',
  list: 'humans list',
  preferred: ({ status }) => status === 'active',
  describe: ({ id, userName, status }) => `${id} (${userName}, ${status})`,
}

/** @throws `NOT_FOUND` where it may be none or more than one. */
export function humanIdOf(api: ApiClient, wanted: string): Promise<string> {
  return itemIdOf(api, wanted, NAMED)
}
