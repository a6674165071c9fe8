import { NO_HEAD } from '../src/directory/devices/device.ts'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'

export interface KnownDevice {
  readonly id: string
  readonly applicationKey: string
}

/** Writes the devices into the database as enrolled. */
export async function seedKnownDevices(path: string, known: readonly KnownDevice[]): Promise<void> {
  using database = openStore(path)
  const store = directoryStore(sqliteDatabase(database))
  const now = Date.now()
  const token = { id: 'tok_bench', owner: 'bench', minimumTier: 'software', secretHash: '' } as const
  await store.transaction(async () => {
    await store.tokens.put({ ...token, uses: known.length, used: known.length, createdAt: now, expiresAt: now })
    for (const { id, applicationKey } of known) {
      await store.devices.put({
        id,
        applicationKey,
        epoch: 1,
        status: 'active',
        owner: 'bench',
        token: token.id,
        tier: 'software',
        enrolledAt: now,
        sequence: 0,
        head: NO_HEAD,
        lastOrder: 0,
        notes: [],
        label: { hostname: 'bench', platform: 'linux', arch: 'x64' },
      })
    }
  })
}
