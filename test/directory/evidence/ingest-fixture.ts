import type { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { results } from '../../../src/directory/devices/results.ts'
import type { EvidenceFrame } from '../../../src/directory/evidence/evidence-frame.ts'
import type { StoredChain } from '../../../src/directory/evidence/evidence-store.ts'
import { type Ingest, ingest } from '../../../src/directory/evidence/ingest.ts'
import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import { EVIDENCE_PROFILE } from '../../../src/protocol/messages/evidence.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { submitEvidence } from '../../support/directory/submit-evidence.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'

export const clock = new FakeClock()
export const DEVICES = ['one', 'two', 'three']

/** Ingest over a real store with three devices. A test may watch its steps or make them fail. */
export async function ingestWithStore(
  change: {
    path?: string
    chain?: (device: string) => void
    transaction?: () => void
    announce?: (device: string) => void
    sighting?: (id: string) => void
    failure?: () => void
    /** Left out: time stands still. */
    monotonic?: (() => number) | 'each sighting takes a millisecond'
  } = {},
) {
  const database = change.path === undefined ? migratedStore() : openStore(change.path)
  const real = directoryStore(sqliteDatabase(database))
  let elapsedMs = 0
  const token = { id: 't', secretHash: '', owner: 'ada', minimumTier: 'software', uses: 9, used: 0 } as const
  if ((await real.evidence.chain('one')) === undefined) await real.tokens.put({ ...token, createdAt: 0, expiresAt: 1 })
  for (const id of DEVICES) {
    if ((await real.evidence.chain(id)) !== undefined) continue
    const label = { hostname: id, platform: 'linux', arch: 'x64' } as const
    const standing = { epoch: 1, status: 'active', sequence: 0, head: ZEROS, lastOrder: 0, enrolledAt: 0 } as const
    await real.devices.put({
      ...standing,
      id,
      owner: 'ada',
      token: 't',
      tier: 'software',
      applicationKey: id,
      label,
      notes: [],
    })
  }
  let commits = 0
  let depth = 0
  const store = {
    ...real,
    evidence: {
      ...real.evidence,
      async chain(device: string): Promise<StoredChain | undefined> {
        change.chain?.(device)
        return real.evidence.chain(device)
      },
    },
    async transaction<T>(work: () => Promise<T>): Promise<T> {
      if (depth > 0) return real.transaction(work)
      change.transaction?.()
      commits++
      depth++
      try {
        return await real.transaction(work)
      } finally {
        depth--
      }
    },
    sightings: {
      ...real.sightings,
      async put(...reported: Parameters<typeof real.sightings.put>) {
        const [, { id }] = reported
        change.sighting?.(id)
        elapsedMs++
        return real.sightings.put(...reported)
      },
    },
    unprocessed: {
      ...real.unprocessed,
      async put(...failure: Parameters<typeof real.unprocessed.put>) {
        change.failure?.()
        await real.unprocessed.put(...failure)
      },
    },
  }
  const announced: string[] = []
  const announce = async (device: string) => {
    change.announce?.(device)
    announced.push(device)
  }
  const appraised = results({ store: real, clock }, { policy: DEFAULT_POLICY, validForMs: 1000 })
  const monotonic = typeof change.monotonic === 'function' ? change.monotonic : () => (change.monotonic ? elapsedMs : 0)
  const queue = ingest(
    {
      store,
      results: appraised,
      log: silentLog,
      changes: new Changes(),
      announce,
      clock: { now: () => clock.now(), monotonic },
    },
    { quotaBytes: 1_000_000, batchFrames: 64 },
  )
  const count = database.prepare('SELECT count(*) AS n FROM sightings WHERE device = ?')
  return {
    queue,
    real,
    announced,
    commits: () => commits,
    sightings: (device: string) => Number(count.get(device)?.n),
    unfinished: () => real.unfinished.list(),
    retire: (device: string) => database.prepare("UPDATE devices SET status = 'retired' WHERE id = ?").run(device),
    close: () => database.close(),
  }
}

export const frame = (device: string, sequence: number): EvidenceFrame => ({
  device,
  epoch: 1,
  compact: `${device}.${sequence}`,
  hash: `h${sequence}`,
  evidence: {
    eat_profile: EVIDENCE_PROFILE,
    sub: device,
    iat: 0,
    epoch: 1,
    sequence,
    previous: sequence === 1 ? ZEROS : `h${sequence - 1}`,
    bootId: 'b',
    uptimeMs: 0,
  },
})

export const outcomes = (queue: Ingest, frames: readonly EvidenceFrame[]) =>
  Promise.all(
    frames.map((each) =>
      submitEvidence(queue, each).then(
        ({ sequence }) => sequence,
        (error: SuretyError) => error.code,
      ),
    ),
  )

/** The sightings of one large frame: more than one step applies. */
export const SIGHTINGS = 350
export const idOf = (number: number) => number.toString(16).padStart(32, '0')

/** The first batch of a device, with many sightings. */
export function large(device: string): EvidenceFrame {
  const items = Array.from({ length: SIGHTINGS }, (_, at) => ({ ...agentSighting('0'), id: idOf(at) }))
  const bare = frame(device, 1)
  const evidence = {
    ...bare.evidence,
    sub: `dev_${'A'.repeat(22)}`,
    sightings: { mode: 'delta' as const, items, gone: [] },
  }
  return { ...bare, evidence, compact: `.${Buffer.from(JSON.stringify(evidence)).toString('base64url')}.` }
}

export const turn = () => new Promise((resolve) => setImmediate(resolve))

export async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await turn()
}

export async function turns(): Promise<void> {
  for (let count = 0; count < 5; count++) await turn()
}
