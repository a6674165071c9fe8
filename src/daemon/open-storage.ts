import type { Clock } from '../base/clock.ts'
import { codeOf, describeError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { sweepLeftovers } from '../system/files/own/quarantine.ts'
import { isPassingFault } from '../system/files/transient-errors.ts'
import type { LocalServer } from '../system/socket/local-socket.ts'
import type { Caller, ControlServerComponents } from './control/control-server.ts'
import { buildStatus } from './control/status.ts'
import type { Health } from './health/health.ts'
import { openSpoolFiles, type SpoolFilesInit } from './spool/open-spool-files.ts'
import type { Spool } from './spool/spool.ts'
import { openState, type State } from './state/state.ts'

/** What the daemon keeps on disk. It does nothing else before this is open. */
export interface Storage {
  readonly state: State
  readonly spool: Spool
}

export interface OpenStorageComponents {
  readonly clock: Clock
  readonly log: Log
  readonly health: Health
  readonly serveControl?:
    | ((answers: Pick<ControlServerComponents, 'status' | 'sightingsChanged' | 'refresh'>) => Promise<LocalServer>)
    | undefined
}

export interface OpenStorageInit extends SpoolFilesInit {
  readonly version: string
}

const RETRY_MS = 5_000

/**
 * Opens state and spool. While the disk is full, failing, read-only or in use by another process, this waits and shows the fault
 * on the local socket. Ending instead would only make the service manager start the daemon again and again.
 *
 * @returns undefined when it was aborted before.
 * @throws errors that do not pass by themselves (`STORE_FAILED` for a folder that other users can write to); as `serveControl`.
 */
export async function openStorage(
  components: OpenStorageComponents,
  init: OpenStorageInit,
  { signal }: { signal: AbortSignal },
): Promise<Storage | undefined> {
  let state: State | undefined
  const open = async (): Promise<Storage> => {
    state ??= await openState(components, init)
    const spool = openSpoolFiles({ clock: components.clock, ...spoolEvents(components) }, init)
    try {
      beginChain(state, spool)
    } catch (error) {
      spool[Symbol.dispose]()
      throw error
    }
    return { state, spool }
  }
  const storage = await retryUntilOpen(components, open, () => serveFault(components, init, () => state), { signal })
  if (storage === undefined) return undefined
  const swept = sweepLeftovers(init.stateFolder)
  if (swept > 0) components.log.info('leftovers of earlier runs removed', { files: swept })
  // With an identity, the first evidence reports the warning and then clears it.
  if (storage.state.identity === undefined) components.health.clear('STATE_UNAVAILABLE')
  return storage
}

interface FaultServer extends AsyncDisposable {
  show(error: unknown): void
}

async function retryUntilOpen<T>(
  { clock, log, health }: OpenStorageComponents,
  open: () => Promise<T>,
  startFaultServer: () => Promise<FaultServer>,
  { signal }: { signal: AbortSignal },
): Promise<T | undefined> {
  await using stack = new AsyncDisposableStack()
  let faultServer: FaultServer | undefined
  for (let logged = ''; ; ) {
    try {
      return await open()
    } catch (error) {
      if (!isPassingFault(error)) throw error
      const reason = describeError(error)
      if (reason !== logged) log.error('the state folder cannot be used now', { code: codeOf(error), reason })
      logged = reason
      health.raise('STATE_UNAVAILABLE')
      faultServer ??= stack.use(await startFaultServer())
      faultServer.show(error)
      await clock.sleep(RETRY_MS, { signal }).catch(() => undefined)
      if (signal.aborted) return undefined
    }
  }
}

/** Serves a status on the local socket that shows the fault and nothing else. */
async function serveFault(
  { clock, health, serveControl }: OpenStorageComponents,
  { version }: OpenStorageInit,
  state: () => State | undefined,
): Promise<FaultServer> {
  let lastError: { code: string; message: string } | undefined
  const view = { connected: false, lastAcknowledgedAt: undefined, refused: false, retired: false, result: undefined }
  const status = (caller: Caller) =>
    buildStatus(
      {
        clock,
        health,
        state: state() ?? { identity: undefined },
        spool: { chain: undefined, bytes: () => 0 },
        current: () => ({ findings: [], sightings: [], sources: [], inventory: undefined }),
        directory: () => ({ ...view, lastError }),
        directoryTime: () => undefined,
      },
      { daemonVersion: version },
      caller,
    )
  const server = await serveControl?.({ status, refresh: () => undefined })
  return {
    show(error) {
      lastError = { code: codeOf(error) ?? 'STORE_FAILED', message: describeError(error).slice(0, 1000) }
    },
    async [Symbol.asyncDispose]() {
      await server?.[Symbol.asyncDispose]()
    },
  }
}

function spoolEvents({ log, health }: OpenStorageComponents) {
  return {
    onSetAside(path: string) {
      log.error('damaged spool set aside', { path })
      health.raise('SPOOL_DAMAGED')
    },
    onAcknowledgementDamaged() {
      log.error('damaged acknowledgement removed from the spool')
      health.raise('SPOOL_DAMAGED')
    },
    onFailed(error: unknown) {
      if (codeOf(error) !== 'STORE_FAILED') return
      log.debug('the spool failed', { reason: describeError(error) })
      health.raise('SPOOL_FAILED')
    },
    onDropped({ firstSequence, lastSequence }: { firstSequence: number; lastSequence: number }) {
      log.warn('evidence dropped: the spool is full', { firstSequence, lastSequence })
      health.raise('SPOOL_FULL')
    },
  }
}

/** Starts a new chain where the spool's is of an earlier identity. A spool that lost its chain waits for the directory's position. */
function beginChain({ identity }: State, spool: Spool): void {
  if (identity === undefined) {
    if (spool.chain === undefined) spool.begin({ device: '', epoch: 0 })
  } else if (spool.chain !== undefined) spool.begin(identity)
}
