import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { call, show } from '../../src/admin/nouns/call.ts'
import { type Clock, orAborted } from '../../src/base/clock.ts'
import { SuretyError } from '../../src/base/errors.ts'
import { printable } from '../../src/base/text/printable.ts'
import { type StopView, stops } from '../../src/protocol/nouns/agents/stops.ts'
import type { AgentSighting } from '../../src/protocol/sighting.ts'
import { buildParts, requireTrustedCheckout } from './quick-start.ts'
import { prepareFolders, type StartSession, startSession } from './session.ts'
import { STAND_IN_ID, type StandInAgent, startStandInAgent } from './stand-in-agent.ts'
import { fetchSightings } from './start-document.ts'

export interface DemoComponents {
  readonly clock: Clock
  readonly out: { write(text: string): unknown }
}

export interface DemoInit {
  readonly checkout: string
  /** Is there and empty. Everything is in it. */
  readonly folder: string
  readonly isRoot: boolean
}

const LOOK_EVERY_MS = 50
const FROZEN_SECONDS = 3
/** How long a device may take for an answer before something is wrong. */
const ANSWER_WITHIN_MS = 20_000
/** It prints a line a second. */
const PRINTS_WITHIN_MS = 10_000

/**
 * Starts a stand-in for an agent, shows it, freezes it, counts while it prints nothing, and releases it. Ends everything that it
 * started.
 *
 * @throws `CONFIG_INVALID`, `COMMAND_FAILED`, the codes of the API.
 */
export async function runDemo(
  { clock, out }: DemoComponents,
  { checkout, folder, isRoot }: DemoInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const start = clock.monotonic()
  const say = (line: string) => out.write(`${((clock.monotonic() - start) / 1000).toFixed(1).padStart(6)} s  ${line}\n`)
  requireTrustedCheckout(checkout)
  await using cleanup = new AsyncDisposableStack()
  const folders = await prepareFolders(folder)
  cleanup.defer(() => rm(folders.sockets, { recursive: true, force: true }))
  say('starting a directory and a daemon of its own, which see this machine')
  await buildParts(checkout, { signal })
  const tpm = { kind: 'none', because: 'a demonstration needs no TPM' } as const
  const quiet = { clock, say: () => undefined, phase: () => undefined }
  const session = cleanup.use(await startSession(quiet, { folders, checkout, tpm, tpmDevice: '/dev/null' }, { signal }))
  const work = async () => {
    const device = String((await session.daemon.line((line) => (line.phase === 'enrolled' ? line : undefined))).device)
    await session.daemon.line((line) => (line.phase === 'acknowledged' ? line : undefined))
    say('this machine is enrolled, and its agents are listed')
    say('starting a stand-in for an agent: a shell that prints a line a second, and does nothing else')
    await using agent = await startStandInAgent(folder, { say })
    const startedAt = clock.monotonic()
    const seen = await appeared({ session, clock }, { device, path: join(folder, 'node_modules') }, { signal })
    say(`it appeared after ${secondsSince(clock, startedAt)}: ${printable(seen.name)}, ${seen.state}`)
    await printsMore(agent, clock, { signal })
    if (!isRoot) {
      say('freezing needs root: the kernel lets nobody else hold the processes of a user. Run this as root to see it')
      return
    }
    await freezeAndRelease({ clock, session, say }, { agent, device, sighting: seen.id }, { signal })
  }
  await orAborted(Promise.race([work(), session.ended]), signal)
  say('ending the stand-in, the daemon and the directory')
}

interface Stage {
  readonly clock: Clock
  readonly session: StartSession
  readonly say: (line: string) => void
}

async function freezeAndRelease(
  { clock, session, say }: Stage,
  { agent, device, sighting }: { readonly agent: StandInAgent; readonly device: string; readonly sighting: string },
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { api } = session
  const frozenAt = clock.monotonic()
  const selector = { device, agent: sighting }
  const body = { kind: 'freeze', selector, reason: 'a demonstration' } as const
  const id = (await call(api, stops, 'create', { body })).stop?.id ?? ''
  let isReleased = false
  const release = async () => {
    isReleased = true
    await call(api, stops, 'release', { id, body: { reason: 'the demonstration continues' } })
    return answered({ clock, session }, id, ({ progress }) => progress.released > 0)
  }
  try {
    const { progress } = await orAborted(
      answered({ clock, session }, id, ({ progress }) => progress.done),
      signal,
    )
    if (progress.frozen === 0) throw new SuretyError('COMMAND_FAILED', 'the device found nothing to freeze')
    say(`frozen after ${secondsSince(clock, frozenAt)}: ${progress.processes} processes, held by the kernel`)
    const before = agent.lines
    for (let second = 1; second <= FROZEN_SECONDS; second++) {
      await clock.sleep(1_000, { signal })
      if (agent.lines !== before) throw new SuretyError('COMMAND_FAILED', 'the agent printed while it was frozen')
      say(`  ${second}: it prints nothing`)
    }
    const releasedAt = clock.monotonic()
    say('releasing it')
    await release()
    if (agent.lines === before) await printsMore(agent, clock, { signal })
    say(`it resumed where it was, after ${secondsSince(clock, releasedAt)}`)
  } finally {
    // What is frozen must not stay so after an interrupt.
    if (!isReleased) await release().catch(() => undefined)
  }
}

/** @throws `CONFLICT` if it prints nothing: another daemon of this machine may have a stop in force. */
async function printsMore(agent: StandInAgent, clock: Clock, { signal }: { signal: AbortSignal }): Promise<void> {
  const done = new AbortController()
  const until = AbortSignal.any([signal, done.signal])
  const tooLate = async () => {
    await clock.sleep(PRINTS_WITHIN_MS, { signal: until })
    const reason = 'the stand-in prints nothing. Does a stop of another suretyd hold agents of this machine? Release it'
    throw new SuretyError('CONFLICT', reason)
  }
  try {
    await Promise.race([agent.next({ signal: until }), tooLate()])
  } finally {
    done.abort()
  }
}

/** Waits until the directory lists the stand-in. */
async function appeared(
  { session, clock }: Pick<Stage, 'session' | 'clock'>,
  { device, path }: { readonly device: string; readonly path: string },
  { signal }: { signal: AbortSignal },
): Promise<AgentSighting> {
  for (;;) {
    for (const seen of await fetchSightings(session.api, `/devices/${device}`)) {
      const isOurs = seen.kind === 'agent' && seen.catalogueId === STAND_IN_ID && seen.state === 'running'
      if (isOurs && seen.process?.executable.startsWith(path) === true) return seen
    }
    await clock.sleep(LOOK_EVERY_MS, { signal })
  }
}

/** @throws `COMMAND_TIMED_OUT`. */
async function answered(
  { session, clock }: Pick<Stage, 'session' | 'clock'>,
  id: string,
  isAnswered: (stop: StopView) => boolean,
): Promise<StopView> {
  const until = clock.monotonic() + ANSWER_WITHIN_MS
  for (;;) {
    const stop = await show(session.api, stops, id)
    if (isAnswered(stop)) return stop
    if (stop.progress.failed > 0 || clock.monotonic() > until) {
      throw new SuretyError(
        'COMMAND_TIMED_OUT',
        'the daemon did not carry out the order: see suretyd.log in the data folder',
      )
    }
    await clock.sleep(LOOK_EVERY_MS, { signal: new AbortController().signal })
  }
}

function secondsSince(clock: Clock, at: number): string {
  return `${((clock.monotonic() - at) / 1000).toFixed(1)} s`
}
