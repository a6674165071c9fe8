import { REGISTRATION_ID } from '../../protocol/ids.ts'
import { type RegistrationView, registrationPageReader } from '../../protocol/nouns/agents/registrations.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { itemIdOf, type NamedItems } from './name-item.ts'

const NAMED: NamedItems<RegistrationView> = {
  wholeId: new RegExp(REGISTRATION_ID),
  path: '/registrations',
  reader: registrationPageReader,
  noun: 'registered agent',
  list: 'registrations list',
  preferred: ({ state }) => state !== 'retired',
  describe: ({ id, name, state }) => `${id} (${name}, ${state})`,
}

/** @throws `NOT_FOUND` where it may be none or more than one. */
export function registrationIdOf(api: ApiClient, wanted: string): Promise<string> {
  return itemIdOf(api, wanted, NAMED)
}
