import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, orAborted } from '../base/clock.ts'
import { codeOf } from '../base/errors.ts'
import { printableJson } from '../base/printable.ts'
import { decisionPageReader } from '../protocol/api-administration.ts'
import { startProgram } from '../system/program/command.ts'
import { requireTrustedCheckout } from './checkout.ts'
import type { StartDocument } from './document.ts'
import { gatherDocument } from './gather.ts'
import { liveView, type Screen } from './live-view.ts'
import { askDaemonCommand, askDirectoryCommand } from './next-commands.ts'
import { type Folders, prepareFolders, type StartSession, startSession } from './session.ts'
import { summaryLines } from './summary.ts'
import { chooseTpm } from './tpm-choice.ts'

export type Style = 'bold' | 'red' | 'yellow' | 'green'

export interface FirstMinutesComponents {
  readonly clock: Clock
  /** The summary or the document. */
  readonly out: Screen
  /** Does `out` obey escape sequences? Elsewhere nothing is drawn anew. */
  readonly redraws: boolean
  /** Colours a word for `out`, where that shows colours and nobody asked for none. */
  readonly paint: (style: Style, text: string) => string
  /** One line a phase. */
  readonly progress: { write(text: string): unknown }
}

export interface FirstMinutesInit {
  readonly sources: string
  readonly dataFolder: string
  readonly once: boolean
  readonly json: boolean
  readonly mayInstall: boolean
  readonly tpmDevice: string
}

const REFRESH_MS = 2_000

/** Starts everything, waits for the first whole cycle, prints it, and unless `once` keeps the summary live. */
export async function runFirstMinutes(
  components: FirstMinutesComponents,
  init: FirstMinutesInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, out } = components
  const timings = stopwatch(clock)
  const say = (line: string) => components.progress.write(`${timings.seconds()}  ${line}\n`)
  const isRoot = process.getuid?.() === 0
  requireTrustedCheckout(init.sources)
  const folders = await prepareFolders(init.dataFolder)
  await using leaving = new AsyncDisposableStack()
  leaving.defer(() => rm(folders.sockets, { recursive: true, force: true }))
  if (!isRoot) say('not root: only your own home is looked at, and checks that need root will say unknown')
  await buildNative(init.sources, { signal })
  const tpm = (await keptInFile(folders))
    ? ({
        kind: 'none',
        because: `the device of ${folders.data} was enrolled with its key in a file, and stays so`,
      } as const)
    : await chooseTpm({ say }, { device: init.tpmDevice, isRoot, mayInstall: init.mayInstall })
  say(tpm.because)
  signal.throwIfAborted()
  const { phase } = timings
  const sessionInit = { folders, sources: init.sources, tpm, tpmDevice: init.tpmDevice }
  await using session = await startSession({ clock, say, phase }, sessionInit, { signal })
  const work = async () => {
    const first = await firstCycle(session, { clock, say, timings }, { signal })
    if (init.json) return void out.write(`${printableJson(first, 2)}\n`)
    out.write('\n')
    if (init.once) return void out.write(`${shownLines(components, first).join('\n')}\n`)
    await keepShowing(session, components, first, { signal })
  }
  try {
    await orAborted(Promise.race([work(), session.ended]), signal)
  } finally {
    if (signal.aborted) say('ending the daemon and the directory')
  }
}

/** Waits until all evidence of one whole collection is acknowledged, then reads what the directory made of it. */
async function firstCycle(
  session: StartSession,
  { clock, say, timings }: { clock: Clock; say(line: string): void; timings: Stopwatch },
  { signal }: { signal: AbortSignal },
): Promise<StartDocument> {
  const reached = (wanted: string) => session.daemon.line((line) => (line.phase === wanted ? line : undefined))
  const asking = new AbortController()
  const untilEnrolled = AbortSignal.any([signal, asking.signal])
  void tellPendingDecision(session, { clock, say }, { signal: untilEnrolled }).catch(() => undefined)
  const device = String((await reached('enrolled')).device)
  asking.abort()
  timings.phase('enrolled')
  say(`enrolled as ${device}`)
  for (const [name, words] of PHASES) {
    await reached(name)
    timings.phase(name)
    say(words)
  }
  return gather(session, device, timings)
}

const PHASES = [
  ['attested', 'attested; collecting'],
  ['acknowledged', 'first evidence acknowledged; waiting for the slow checks'],
  ['complete', 'all of the first collection acknowledged'],
] as const

/** A TPM that this directory knows enrols anew only if a human says so: says how. */
async function tellPendingDecision(
  session: StartSession,
  { clock, say }: { clock: Clock; say(line: string): void },
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const told = new Set<string>()
  for (;;) {
    await clock.sleep(500, { signal })
    const { items } = await session.api.ask('GET', '/decisions', decisionPageReader)
    for (const { id, device, epoch, status } of items) {
      if (status !== 'pending' || told.has(id)) continue
      told.add(id)
      say(`this TPM is already known as ${device}; a human must decide whether it may begin epoch ${epoch}:`)
      say(`  ${askDirectoryCommand(session.profile, 'decisions', 'approve', id)}`)
    }
  }
}

function gather(session: StartSession, device: string, timings: Stopwatch): Promise<StartDocument> {
  const directory = {
    api: `https://localhost:${session.ports.api}/api/v1`,
    devices: `wss://localhost:${session.ports.devices}`,
    profile: session.profile,
  }
  return gatherDocument(session.api, { device, directory, timings: timings.all() })
}

/** Draws it anew on a terminal; elsewhere prints again only when the verdict changes. */
async function keepShowing(
  session: StartSession,
  components: FirstMinutesComponents,
  first: StartDocument,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, out } = components
  let shown = first
  const draw = components.redraws ? liveView(out) : (lines: readonly string[]) => out.write(`${lines.join('\n')}\n`)
  const show = (document: StartDocument) => draw([...shownLines(components, document), '', ...footerOf(session), ''])
  show(first)
  while (!signal.aborted) {
    await clock.sleep(REFRESH_MS, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const now = await gather(session, first.device.id, stopwatch(clock)).catch((error: unknown) => {
      // The directory may be restarting; the next round asks again.
      if (codeOf(error) === 'DIRECTORY_UNREACHABLE') return shown
      throw error
    })
    const changed = components.redraws ? fingerprint(now) !== fingerprint(shown) : now.verdict !== shown.verdict
    if (changed) show(now)
    shown = now
  }
}

function fingerprint({ timings: _, sources, ...rest }: StartDocument): string {
  return JSON.stringify({ ...rest, sources: sources.map(({ durationMs: __, ...source }) => source) })
}

function footerOf({ controlSocket, profile }: StartSession): readonly string[] {
  return [
    `Ask the daemon:     ${askDaemonCommand(controlSocket)}`,
    `Ask the directory:  ${askDirectoryCommand(profile, 'devices', 'list')}`,
    'Ctrl-C ends both.',
  ]
}

const STATE_STYLES: Readonly<Record<string, Style>> = { fail: 'red', unknown: 'yellow', pass: 'green' }

function shownLines({ out, paint }: FirstMinutesComponents, document: StartDocument): readonly string[] {
  return summaryLines(document, { columns: out.columns || undefined, colour: paint('red', 'x') !== 'x' }).map((line) =>
    line
      .replace(
        /^( {2})(fail|unknown|pass)\b/,
        (_, indent, state) => indent + paint(STATE_STYLES[state] ?? 'bold', state),
      )
      .replace(/^[A-Z].*?(?= {2}|(?<=^.{11}) |$)/, (heading) => paint('bold', heading)),
  )
}

/** Keys of one kind pin that kind: a TPM that appears later is for a new enrolment. */
async function keptInFile({ device }: Folders): Promise<boolean> {
  return (await readdir(device)).some((name) => name.startsWith('software-key-'))
}

/** Builds the addon where there is a compiler; without it only the daemon's own user may ask it, and it says so. */
async function buildNative(sources: string, { signal }: { signal: AbortSignal }): Promise<void> {
  const script = join(sources, '..', 'scripts', 'build-native.ts')
  await using program = await startProgram({ path: process.execPath, args: [script, '--if-possible'] })
  await orAborted(program.exit, signal)
}

interface Stopwatch {
  phase(name: string): void
  all(): Record<string, number>
  seconds(): string
}

function stopwatch(clock: Clock): Stopwatch {
  const start = clock.monotonic()
  const phases: Record<string, number> = {}
  return {
    phase(name) {
      phases[name] = Math.round(clock.monotonic() - start)
    },
    all: () => ({ ...phases }),
    seconds: () => `${((clock.monotonic() - start) / 1000).toFixed(1).padStart(6)} s`,
  }
}
