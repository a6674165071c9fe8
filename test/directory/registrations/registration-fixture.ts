import type { RegistrationRequest, RegistrationView } from '../../../src/protocol/nouns/agents/registrations.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'

/** Registered agents and the humans who answer for them, on the API of a test. */

export const ADMINISTRATOR = { id: 'adm_test', name: 'administrator' }

/** Stores an active human. @returns the id. */
export async function seedHuman(directory: TestDirectory, userName: string, email?: string): Promise<string> {
  const { store, clock } = directory
  return (
    await store.humans.put({
      id: newTestId('hum'),
      userName,
      displayName: `${userName} N.`,
      status: 'active',
      origin: 'hand',
      createdAt: clock.now(),
      scim: {},
      ...(email === undefined ? {} : { email }),
    })
  ).id
}

/** As the departure of a human ends. */
export async function deactivate(directory: TestDirectory, id: string): Promise<void> {
  const { store, clock } = directory
  const human = await store.humans.get(id)
  if (human === undefined) throw new Error('no such human')
  const now = clock.now()
  await store.humans.update({ ...human, status: 'deactivated', deactivatedAt: now, changedAt: now })
}

/** An account of the device that was confirmed as the human's. */
export async function seedAccount(
  directory: TestDirectory,
  device: string,
  human: string,
  userName: string,
): Promise<void> {
  const { store, clock } = directory
  const at = clock.now()
  await store.accounts.seen(device, { id: `id of ${userName}`, name: userName }, { at })
  await store.accounts.confirm({ device, userId: `id of ${userName}` }, { human, at, by: 'adm_test' })
}

export const CODEX: RegistrationRequest = { name: 'Codex', purpose: 'reviews', criteria: { products: ['codex'] } }

export function registrationApi(directory: TestDirectory) {
  const ask = (method: string, path: string, body?: object, token = directory.token) =>
    directory.ask(method, `/api/v1${path}`, { token, ...(body === undefined ? {} : { body }) })
  return {
    ask,
    async created(changes: Partial<RegistrationRequest> = {}): Promise<RegistrationView> {
      const { status, json } = await ask('POST', '/registrations', { ...CODEX, ...changes })
      if (status !== 201) throw new Error(`not created: ${JSON.stringify(json)}`)
      return json as RegistrationView
    },
    move: (id: string, to: string, token?: string) =>
      ask('POST', `/registrations/${id}/transitions`, { to, reason: `to ${to}` }, token),
    get: async (id: string) => (await ask('GET', `/registrations/${id}`)).json as RegistrationView,
    /** What was done, newest first. */
    acts: async () =>
      (await directory.store.events.list({ limit: 500 }))
        .filter(({ kind }) => kind.startsWith('registration-'))
        .map(({ kind }) => kind.slice('registration-'.length)),
  }
}
export type RegistrationApi = ReturnType<typeof registrationApi>
