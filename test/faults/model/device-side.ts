import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import type { Claims } from '../../../src/daemon/evidence/batch-content.ts'
import { createChainWriter } from '../../../src/daemon/evidence/chain-writer.ts'
import { type Batch, CHAIN_START, type ChainPosition } from '../../../src/daemon/spool/chain.ts'
import type { Spool } from '../../../src/daemon/spool/spool.ts'
import type { SpoolBound } from '../../../src/daemon/spool/spool-rules.ts'
import { openSpool } from '../../../src/daemon/spool/sqlite-spool.ts'
import type { Identity } from '../../../src/daemon/state/identity.ts'
import type { DirectoryKeys } from '../../../src/daemon/stream/directory-keys.ts'
import { runSession } from '../../../src/daemon/stream/session.ts'
import type { Welcome } from '../../../src/protocol/messages/frames.ts'
import { type Database, openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import type { Link } from './link.ts'
import { DEVICE, EPOCH } from './names.ts'
import { readUnsigned, signNothing } from './unsigned-jws.ts'

/** The daemon's half: the real spool, writer and session, without a socket and without a key. */
export interface DeviceSide {
  readonly spool: Spool
  write(claims: Claims): Promise<Batch>
  /** @returns when the session has ended, with the reason. */
  connect(link: Link, welcome: Welcome): Promise<unknown>
  /** The process is gone at once: what was not committed is not. */
  crash(): void
}

/** What a commit that fails leaves behind: nothing, or all of it. */
export type Fault = 'undone' | 'held'

interface DeviceSideInit extends SpoolBound {
  readonly path: string
}

export function openDeviceSide(
  components: {
    readonly clock: FakeClock
    /** It is on disk. */
    readonly onKept: (batch: Batch) => void
    readonly onDropped: (range: { firstSequence: number; lastSequence: number }) => void
    /** It told of a gap: whatever it knows follows anew. */
    readonly onGapTold: () => void
    readonly onAcknowledged: (place: { sequence: number; hash: string }) => void
    /** Asked before each commit. */
    readonly fault: () => Fault | undefined
  },
  init: DeviceSideInit,
): DeviceSide {
  const { clock } = components
  const databases: Database[] = []
  let gone = false
  let gapTold = false
  const spool = openSpool(
    {
      open() {
        if (gone) throw new SuretyError('STORE_FAILED', 'this process is gone')
        const database = openDatabase(init.path)
        databases.push(database)
        return { ...database, transaction: (work) => commitOn(database, work, components.fault()) }
      },
      setAside() {
        throw new TypeError('an honest spool was set aside')
      },
      onDropped: components.onDropped,
    },
    init,
  )
  spool.begin({ device: DEVICE, epoch: EPOCH })
  const noted = noting(spool, components, init, () => gone)
  const boot = { id: async () => 'boot', uptimeMs: () => clock.monotonic() }
  const key = async () => ({ publicKey: new Uint8Array(), sign: signNothing })
  const writer = createChainWriter({ clock, spool: noted, boot, key })
  const alive = new AbortController()
  const { signal } = alive
  const write = async (claims: Claims) => {
    const batch = await writer.write(claims, { signal })
    components.onKept(batch)
    return batch
  }
  const keys: DirectoryKeys = {
    verify: readUnsigned,
    time: () => clock.now(),
    adopt: () => undefined,
  }
  return {
    spool,
    write,
    async connect(link, welcome) {
      try {
        await runSession(
          {
            clock,
            log: silentLog,
            boot,
            spool: noted,
            random: () => 0,
            proof: async () => ({ provider: { attestor: undefined }, key: await key() }),
            recordGap(gap) {
              gapTold = true
              return write({ gap })
            },
            reportAllAgain() {
              if (gapTold) components.onGapTold()
              gapTold = false
            },
            localState: () => ({
              head: (spool.chain ?? { head: CHAIN_START }).head,
              posture: CHAIN_START.hash,
              order: 0,
            }),
            orders: { welcomed: async () => undefined, received: async () => undefined },
            onAcknowledged: ({ position }) => components.onAcknowledged(position),
            onResult: () => undefined,
          },
          { heartbeatMs: 1_000_000_000 },
          {
            connection: link.deviceEnd,
            identity: IDENTITY,
            welcomed: { welcome, keys },
            onChainsAgree: () => undefined,
            onReady: () => undefined,
          },
          { signal },
        )
        return undefined
      } catch (error) {
        return error
      } finally {
        link.lose()
      }
    },
    crash() {
      gone = true
      alive.abort()
      for (const database of databases) database.close()
    },
  }
}

/** As a disk does that fails the sync: what was written may be found when the file is opened anew. */
function commitOn<T>(database: Database, work: () => T, fault: Fault | undefined): T {
  const result = database.transaction(() => {
    const done = work()
    if (fault === 'undone') throw new SuretyError('STORE_FAILED', 'undone')
    return done
  })
  if (fault === 'held') throw new SuretyError('STORE_FAILED', 'held')
  return result
}

/** The spool, where what failed and holds after all is noted as soon as it is there: nobody else is told of it. */
function noting(
  spool: Spool,
  { onKept, onAcknowledged }: Pick<Parameters<typeof openDeviceSide>[0], 'onKept' | 'onAcknowledged'>,
  { path }: DeviceSideInit,
  isGone: () => boolean,
): Spool {
  const known = new Set<string>()
  const holds = (sql: string, ...values: readonly (string | number)[]) => {
    if (isGone()) return false
    using database = openDatabase(path, { readOnly: true })
    return database.prepare(sql).get(...values) !== undefined
  }
  return new Proxy(spool, {
    get(target, name) {
      if (name === 'append') {
        return async (batch: Batch) => {
          await target.append(batch).catch((error: unknown) => {
            // Told again in the same words, it is the same batch.
            if (!known.has(batch.hash) && holds('SELECT 1 FROM batch WHERE hash = ?', batch.hash)) {
              known.add(batch.hash)
              onKept(batch)
            }
            throw error
          })
        }
      }
      if (name === 'acknowledge') {
        return (position: ChainPosition, receipt?: string) => {
          try {
            target.acknowledge(position, receipt)
          } catch (error) {
            if (holds('SELECT 1 FROM chain WHERE acknowledged_hash = ?', position.hash)) onAcknowledged(position)
            throw error
          }
        }
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

const ZEROS = CHAIN_START.hash
const IDENTITY: Identity = {
  schema: 'surety/identity@1',
  status: 'enrolled',
  device: DEVICE,
  epoch: EPOCH,
  tier: 'software',
  token: `tok_${'A'.repeat(22)}`,
  pins: { url: 'wss://directory.example', ca: ZEROS, root: ZEROS },
  caCertificate: 'none',
  keyKind: 'software',
  key: ZEROS,
  enrolledAt: 0,
}
