import { type GroupView, groupPageReader } from '../../protocol/api-humans.ts'
import { GROUP_ID } from '../../protocol/ids.ts'
import type { ApiClient } from './api-client.ts'
import { itemIdOf, type NamedItems } from './name-item.ts'

/** What `groupIdOf` takes, for help pages. */
export const GROUP_WORDS = 'its name, id, or at least eight characters of its beginning'

const NAMED: NamedItems<GroupView> = {
  wholeId: new RegExp(GROUP_ID),
  path: '/groups',
  reader: groupPageReader,
  noun: 'group',
  list: 'groups list',
  preferred: () => true,
  describe: ({ id, name }) => `${id} (${name})`,
}

/** @throws `NOT_FOUND` where it may be none or more than one. */
export function groupIdOf(api: ApiClient, wanted: string): Promise<string> {
  return itemIdOf(api, wanted, NAMED)
}
