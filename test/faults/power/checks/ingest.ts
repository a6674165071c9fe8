import { join } from 'node:path'
import { toBase64Url } from '../../../../src/base/bytes.ts'
import { systemClock } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { sha256 } from '../../../../src/crypto/hash.ts'
import { NO_HEAD } from '../../../../src/directory/devices/device.ts'
import { results } from '../../../../src/directory/devices/results.ts'
import type { EvidenceFrame } from '../../../../src/directory/evidence/evidence-frame.ts'
import { type Ingest, ingest } from '../../../../src/directory/evidence/ingest.ts'
import { DEFAULT_POLICY } from '../../../../src/directory/policy/policy.ts'
import { sqliteDatabase } from '../../../../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../../../../src/directory/store/directory-store.ts'
import { openStore } from '../../../../src/directory/store/open-store.ts'
import { Changes } from '../../../../src/directory/workers/changes.ts'
import { EVIDENCE_PROFILE } from '../../../../src/protocol/messages/evidence.ts'
import type { Database } from '../../../../src/system/sqlite/sqlite.ts'
import { submitEvidence } from '../../../support/directory/submit-evidence.ts'
import { type Line, lastDone } from '../said.ts'
import { type SeededRandom, seededRandom } from '../seeded-random.ts'

export const DEVICES = ['one', 'two', 'three']

/** The real store with three devices in it; `made` when they were not there. */
export async function openDirectoryStore(
  path: string,
): Promise<{ database: Database; store: DirectoryStore; made: boolean }> {
  const database = openStore(path)
  const store = directoryStore(sqliteDatabase(database))
  const made = (await store.evidence.chain('one')) === undefined
  if (made) await store.transaction(() => putDevices(store))
  return { database, store, made }
}

async function putDevices(store: DirectoryStore): Promise<void> {
  const token = { id: 't', secretHash: '', owner: 'ada', minimumTier: 'software', uses: 9, used: 0 } as const
  await store.tokens.put({ ...token, createdAt: 0, expiresAt: 1 })
  for (const id of DEVICES) {
    const label = { hostname: id, platform: 'linux', arch: 'x64' } as const
    const standing = { epoch: 1, status: 'active', sequence: 0, head: NO_HEAD, lastOrder: 0, enrolledAt: 0 } as const
    const identity = { owner: 'ada', token: 't', tier: 'software', applicationKey: id } as const
    await store.devices.put({ ...standing, ...identity, id, label, notes: [] })
  }
}

export function openIngest(store: DirectoryStore): Ingest {
  const appraised = results({ store, clock: systemClock }, { policy: DEFAULT_POLICY, validForMs: 1000 })
  return ingest(
    {
      store,
      results: appraised,
      clock: systemClock,
      log: silentLog,
      announce: async () => undefined,
      changes: new Changes(),
    },
    { quotaBytes: 10_000_000 },
  )
}

/** A frame as it comes from the verification of its signature, which is not tried here. */
export function frameAfter(
  device: string,
  { sequence, head }: { sequence: number; head: string },
  random: SeededRandom,
): EvidenceFrame {
  const compact = `${device}.${sequence + 1}.${random.text(100 + random.below(4_000))}`
  const findings = [{ check: 'os.supported', state: random.happens(0.5) ? 'pass' : 'fail', detail: 'x' }] as const
  return {
    device,
    epoch: 1,
    compact,
    hash: toBase64Url(sha256(compact)),
    evidence: {
      eat_profile: EVIDENCE_PROFILE,
      sub: device,
      iat: 0,
      epoch: 1,
      sequence: sequence + 1,
      previous: head,
      bootId: 'b',
      uptimeMs: 0,
      findings: [...findings],
    },
  }
}

/** @returns what is wrong with the database of a directory whose power was cut. */
export async function checkIngest(folder: string, said: readonly Line[]): Promise<string[]> {
  const { database, store, made } = await openDirectoryStore(join(folder, 'directory.sqlite'))
  using _open = database
  const wrong = made && said.length > 0 ? ['lost: the devices'] : []
  const integrity = database.prepare('PRAGMA integrity_check').get()?.integrity_check
  if (integrity !== 'ok') wrong.push(`half-written: ${String(integrity)}`)
  wrong.push(...(await Promise.all(DEVICES.map((device) => chainProblems({ database, store }, device, said)))).flat())
  const queue = openIngest(store)
  for (const device of DEVICES) {
    const chain = await store.evidence.chain(device)
    if (chain !== undefined) await submitEvidence(queue, frameAfter(device, chain, seededRandom(1)))
  }
  await queue[Symbol.asyncDispose]()
  return wrong
}

/** What is kept is exactly the places 1 to the head, once each, linked, and each what was submitted. */
async function chainProblems(
  { database, store }: { database: Database; store: DirectoryStore },
  device: string,
  said: readonly Line[],
): Promise<string[]> {
  const wrong: string[] = []
  const chain = await store.evidence.chain(device)
  const done = lastDone(said, device).done?.number ?? 0
  const head = chain?.sequence ?? 0
  if (head < done) wrong.push(`lost: evidence ${head + 1} to ${done} of ${device}`)
  const kept = database.prepare('SELECT count(*) AS n FROM evidence WHERE device = ?').get(device)?.n
  if (kept !== head) wrong.push(`half-written: ${String(kept)} batches of ${device}, whose head is ${head}`)
  let previous: string = NO_HEAD
  for (let sequence = 1; sequence <= head; sequence++) {
    const batch = await store.evidence.batchAt(device, 1, sequence)
    const whole = batch !== undefined && toBase64Url(sha256(batch.compact)) === batch.hash
    const sent = said.some(({ what, number, text }) => what === device && number === sequence && text === batch?.hash)
    if (!whole || !sent || batch.previous !== previous) wrong.push(`half-written: evidence ${sequence} of ${device}`)
    previous = batch?.hash ?? ''
  }
  if (previous !== (chain?.head ?? NO_HEAD)) wrong.push(`half-written: the head of ${device}`)
  return wrong
}
