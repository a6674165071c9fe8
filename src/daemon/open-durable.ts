import type { Clock } from '../base/clock.ts'
import { codeOf, describeError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { sweepLeftovers } from '../system/files/quarantine.ts'
import { isPassingFault } from '../system/files/transient-errors.ts'
import type { LocalServer } from '../system/socket/local-socket.ts'
import type { Caller, ControlServerComponents } from './control/control-server.ts'
import { buildStatus } from './control/status.ts'
import type { Health } from './health/health.ts'
import { openSpoolFiles, type SpoolFilesInit } from './spool/open-spool-files.ts'
import type { Spool } from './spool/spool.ts'
import { openState, type State } from './state/state.ts'

/** What the daemon keeps on disk: nothing is done before it is open. */
export interface Durable {
  readonly state: State
  readonly spool: Spool
}

export interface OpenDurableComponents {
  readonly clock: Clock
  readonly log: Log
  readonly health: Health
  readonly serveControl?:
    | ((answers: Pick<ControlServerComponents, 'status' | 'sightingsChanged' | 'refresh'>) => Promise<LocalServer>)
    | undefined
}

export interface OpenDurableInit extends SpoolFilesInit {
  readonly version: string
}

const RETRY_MS = 5_000

/**
 * Opens state and spool. While the disk is full, failing, read-only or held by another process it waits and says so on
 * the local socket: to end would only have the service started again and again.
 *
 * @returns undefined when it was stopped before.
 * @throws what is no passing fault (`STORE_FAILED` for a folder others can write to), and as `serveControl`.
 */
export async function openDurable(
  components: OpenDurableComponents,
  init: OpenDurableInit,
  { signal }: { signal: AbortSignal },
): Promise<Durable | undefined> {
  let state: State | undefined
  const open = async (): Promise<Durable> => {
    state ??= await openState(components, init)
    const spool = openSpoolFiles({ clock: components.clock, ...spoolNews(components) }, init)
    try {
      beginChain(state, spool)
    } catch (error) {
      spool[Symbol.dispose]()
      throw error
    }
    return { state, spool }
  }
  const durable = await untilOpen(components, open, () => waiting(components, init, () => state), { signal })
  if (durable === undefined) return undefined
  const swept = sweepLeftovers(init.stateFolder)
  if (swept > 0) components.log.info('leftovers of earlier runs removed', { files: swept })
  // With an identity the first evidence tells it, and clears it then.
  if (durable.state.identity === undefined) components.health.clear('STATE_UNAVAILABLE')
  return durable
}

interface Waiting extends AsyncDisposable {
  failed(error: unknown): void
}

async function untilOpen<T>(
  { clock, log, health }: OpenDurableComponents,
  open: () => Promise<T>,
  wait: () => Promise<Waiting>,
  { signal }: { signal: AbortSignal },
): Promise<T | undefined> {
  await using ended = new AsyncDisposableStack()
  let waits: Waiting | undefined
  for (let said = ''; ; ) {
    try {
      return await open()
    } catch (error) {
      if (!isPassingFault(error)) throw error
      const reason = describeError(error)
      if (reason !== said) log.error('the state folder cannot be used now', { code: codeOf(error), reason })
      said = reason
      health.raise('STATE_UNAVAILABLE')
      waits ??= ended.use(await wait())
      waits.failed(error)
      await clock.sleep(RETRY_MS, { signal }).catch(() => undefined)
      if (signal.aborted) return undefined
    }
  }
}

/** Answers on the local socket that there is nothing but the fault. */
async function waiting(
  { clock, health, serveControl }: OpenDurableComponents,
  { version }: OpenDurableInit,
  state: () => State | undefined,
): Promise<Waiting> {
  let lastError: { code: string; message: string } | undefined
  const view = { connected: false, lastAcknowledgedAt: undefined, refused: false, retired: false, result: undefined }
  const status = (caller: Caller) =>
    buildStatus(
      {
        ...{ clock, health },
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
    failed(error) {
      lastError = { code: codeOf(error) ?? 'STORE_FAILED', message: describeError(error).slice(0, 1000) }
    },
    async [Symbol.asyncDispose]() {
      await server?.[Symbol.asyncDispose]()
    },
  }
}

function spoolNews({ log, health }: OpenDurableComponents) {
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

/** A chain that is of no identity, or of an older one, begins anew; one that is not known waits for the directory. */
function beginChain({ identity }: State, spool: Spool): void {
  if (identity === undefined) {
    if (spool.chain === undefined) spool.begin({ device: '', epoch: 0 })
  } else if (spool.chain !== undefined) spool.begin(identity)
}
