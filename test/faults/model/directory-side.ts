import { createPublicKey } from 'node:crypto'
import { silentLog } from '../../../src/base/log.ts'
import { hashOfText } from '../../../src/crypto/hash.ts'
import { NO_HEAD } from '../../../src/directory/devices/device.ts'
import { results } from '../../../src/directory/devices/results.ts'
import type { EvidenceFrame } from '../../../src/directory/evidence/evidence-frame.ts'
import { ingest } from '../../../src/directory/evidence/ingest.ts'
import { restoreDetector } from '../../../src/directory/evidence/restored-from-backup.ts'
import type { ReadRequest } from '../../../src/directory/evidence/verifiers.ts'
import { inFlightLimiter } from '../../../src/directory/ingress/in-flight-limiter.ts'
import { sessions } from '../../../src/directory/ingress/sessions.ts'
import { DeviceStream } from '../../../src/directory/ingress/stream.ts'
import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { evidenceReader } from '../../../src/protocol/messages/evidence.ts'
import type { Welcome } from '../../../src/protocol/messages/frames.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import type { Link } from './link.ts'
import { DEVICE, EPOCH } from './names.ts'
import { readUnsigned, unsignedJws } from './unsigned-jws.ts'

export interface HeldBatch {
  readonly sequence: number
  readonly hash: string
  readonly previous: string
  readonly jws: string
}

export interface Range {
  readonly firstSequence: number
  readonly lastSequence: number
}

/** The directory's half: the real store, evidence room and stream of one device that was authenticated. */
export interface DirectorySide {
  chain(): Promise<{ readonly sequence: number; readonly head: string }>
  readonly held: () => readonly HeldBatch[]
  readonly forked: () => boolean
  /** Takes the device's connection. @returns the welcome, and what the device proved to be forgotten. */
  accept(
    link: Link,
    receipt: string | undefined,
  ): Promise<{ readonly welcome: Welcome; readonly forgotten: readonly Range[] }>
  /** Frames that came and are not on disk yet. */
  waiting(): number
  copyTo(path: string): void
  close(): void
}

const KEY = createPublicKey({ key: testKey('model').jwk, format: 'jwk' })

export async function openDirectorySide(
  { clock }: { readonly clock: FakeClock },
  path: string,
): Promise<DirectorySide> {
  const database = openStore(path)
  const store = directoryStore(sqliteDatabase(database))
  if ((await store.evidence.chain(DEVICE)) === undefined) await store.transaction(() => putDevice(store))
  const appraised = results({ store, clock }, { policy: DEFAULT_POLICY, validForMs: 1_000_000 })
  const room = ingest(
    { store, results: appraised, clock, log: silentLog, announce: async () => undefined, changes: new Changes() },
    { quotaBytes: LIMITS.evidenceQuotaBytes },
  )
  const live = sessions()
  const rows = database.prepare('SELECT sequence, hash, previous, jws FROM evidence ORDER BY sequence')
  const forked = database.prepare('SELECT forked_at FROM devices WHERE forked_at IS NOT NULL')
  const components = {
    clock,
    sessions: live,
    inFlight: inFlightLimiter({ burst: () => undefined }),
    authority: { signAcknowledgement: unsignedJws },
    registry: { standing: store.devices.standing, result: async () => undefined },
    orders: { after: async () => [] },
    evidence: {
      read: (reading: ReadRequest) => reading.held(readFrame(reading.compact)),
      submit: room.submit.bind(room),
    },
  }
  const chain = async () => (await store.evidence.chain(DEVICE)) ?? { sequence: 0, head: NO_HEAD }
  return {
    async chain() {
      const { sequence, head } = await chain()
      return { sequence, head }
    },
    // Columns of our own statement, all NOT NULL.
    held: () => rows.all() as unknown as readonly HeldBatch[],
    forked: () => forked.get() !== undefined,
    async accept(link, receipt) {
      const { sequence, head } = await chain()
      const forgotten: Range[] = []
      await restoreDetector({
        clock,
        log: silentLog,
        verify: ({ payload }) => payload,
        store: {
          transaction: (work) => work(),
          activity: {
            count: async () => 0,
            enter: async () => {},
            async add({ detail = {} }) {
              forgotten.push({
                firstSequence: Number(detail.firstSequence),
                lastSequence: Number(detail.lastSequence),
              })
            },
          },
        },
      }).checkAcknowledgement({ id: DEVICE, epoch: EPOCH, sequence }, receipt)
      // The components and settings that a stream of evidence uses.
      const parts = [components, INIT, own(link)] as unknown as ConstructorParameters<typeof DeviceStream>
      const stream = new DeviceStream(...parts)
      stream
        .enter()
        .then(() => stream.run())
        .catch(link.directoryEnd.refuse)
        .finally(() => stream.leave())
      return { welcome: welcomeOf({ sequence, head }, clock.now()), forgotten }
    },
    waiting: () => room.waiting,
    copyTo: (copy) => void database.prepare('VACUUM INTO ?').run(copy),
    close: () => database.close(),
  }
}

const INIT = {
  ackIntervalMs: LIMITS.ackIntervalMs,
  evidenceRateBytes: LIMITS.evidenceRateBytes,
  evidenceBurstBytes: LIMITS.evidenceBurstBytes,
}

function own(link: Link) {
  const authenticated = { device: DEVICE, epoch: EPOCH, key: KEY }
  return { connection: link.directoryEnd, authenticated, result: undefined, id: DEVICE }
}

function welcomeOf(place: { sequence: number; head: string }, time: number): Welcome {
  return {
    type: 'welcome',
    nonce: NO_HEAD,
    status: 'accepted',
    device: DEVICE,
    epoch: EPOCH,
    tier: 'software',
    ...place,
    time,
    order: 0,
    orders: [],
    attestEveryMs: 1_000_000_000,
  }
}

function readFrame(compact: string): EvidenceFrame {
  const evidence = evidenceReader.readCanonicalJson(readUnsigned('evidence', compact))
  return { device: DEVICE, epoch: EPOCH, evidence, compact, hash: hashOfText(compact) }
}

async function putDevice(store: ReturnType<typeof directoryStore>): Promise<void> {
  const token = { id: 't', secretHash: '', owner: 'ada', minimumTier: 'software', uses: 9, used: 0 } as const
  await store.tokens.put({ ...token, createdAt: 0, expiresAt: 1 })
  const label = { hostname: 'laptop', platform: 'linux', arch: 'x64' } as const
  const standing = { epoch: EPOCH, status: 'active', sequence: 0, head: NO_HEAD, lastOrder: 0, enrolledAt: 0 } as const
  const identity = { owner: 'ada', token: 't', tier: 'software', applicationKey: 'k' } as const
  await store.devices.put({ ...standing, ...identity, id: DEVICE, label, notes: [] })
}
