import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { closed, reader, Type, text } from '../../base/schema.ts'
import { handOffSchema } from '../../discovery/matching/hand-off.ts'
import type { HandOffs } from '../../discovery/process-table/hand-offs.ts'
import type { Health } from '../health/health.ts'
import { stateFile } from '../state/state-file.ts'

/** `hand-offs.json`: what agents had other programs start, so that a stop holds it after a restart. */
const handOffsSchema = closed({
  schema: Type.Literal('surety/hand-offs@1'),
  bootId: text(64),
  handOffs: Type.Array(handOffSchema, { maxItems: 1_000 }),
})
const MAX_BYTES = 1024 * 1024
const handOffsReader = reader(handOffsSchema, { name: 'hand-offs.json', limits: { maxBytes: MAX_BYTES, maxDepth: 4 } })
/** Agents may ask very often: what comes meanwhile is written with the next. */
const WRITE_EACH_MS = 1_000

export interface HandOffsFileComponents {
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly log: Log
  readonly health: Pick<Health, 'raise'>
  readonly handOffs: Pick<HandOffs, 'keep'>
}

/**
 * Until the answer is disposed. Gives what an earlier run wrote down, and writes what changes. A damaged file is set aside. What cannot be written is logged.
 *
 * @throws `STORE_FAILED`, `FILE_UNREADABLE` when the state folder cannot be read.
 */
export async function keepHandOffs(
  { clock, log, health, handOffs }: HandOffsFileComponents,
  { stateFolder: folder, bootId }: { readonly stateFolder: string; readonly bootId: string },
): Promise<AsyncDisposable> {
  const onSetAside = (path: string, cause: unknown) => {
    log.error('damaged state file set aside', { path, reason: describeError(cause) })
    health.raise('STATE_DAMAGED')
  }
  const file = stateFile(
    { clock, onSetAside },
    { folder, name: 'hand-offs.json', reader: handOffsReader, maxBytes: MAX_BYTES },
  )
  const read = await file.read()
  const isSameBoot = read?.bootId === bootId
  const known = (read?.handOffs ?? [])
    // Units that are set up for the time being are gone, and so are the agents.
    .filter(({ to }) => isSameBoot || to !== 'systemd')
    .map(({ agent, ...rest }) => (isSameBoot && agent !== undefined ? { ...rest, agent } : rest))
  const over = new AbortController()
  let waiting: typeof known | undefined
  const write = async () => {
    for (; waiting !== undefined; await clock.sleep(WRITE_EACH_MS, over).catch(() => undefined)) {
      const next = waiting
      waiting = undefined
      await file.write({ schema: 'surety/hand-offs@1', bootId, handOffs: next }).catch((error: unknown) => {
        log.error('what agents handed off could not be written down', { reason: describeError(error) })
      })
    }
  }
  let writing: Promise<void> | undefined
  handOffs.keep(known, (all) => {
    if (over.signal.aborted) return
    waiting = [...all]
    writing ??= write().finally(() => {
      writing = undefined
    })
  })
  return {
    async [Symbol.asyncDispose]() {
      over.abort()
      await writing
    },
  }
}
