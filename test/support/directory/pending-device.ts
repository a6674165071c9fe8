import { randomBytes } from 'node:crypto'
import type { PendingDevice } from '../../../src/directory/enrolment/pending-device-store.ts'
import { newTestId, type TestDirectory } from './directory-api.ts'

/** A new device that waits for a human. @returns its id. */
export async function seedPendingDevice(
  { store, services, clock }: TestDirectory,
  label: Partial<PendingDevice['label']> = {},
): Promise<string> {
  const id = newTestId('dev')
  const token = { owner: 'alice@example.org', ttlMs: 3_600_000, minimumTier: 'software', pending: 'all' } as const
  await store.pendingDevices.put({
    id,
    state: 'pending',
    owner: token.owner,
    why: 'token',
    createdAt: clock.now(),
    token: (await services.tokens.create(token, 'adm_test')).id,
    tier: 'software',
    applicationKey: randomBytes(32).toString('base64url'),
    label: { hostname: 'lap-1', platform: 'linux', arch: 'x64', ...label },
    notes: [],
  })
  return id
}
