import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { asArgument } from '../../src/admin/command/format.ts'
import { list } from '../../src/admin/nouns/call.ts'
import { type Clock, orAborted } from '../../src/base/clock.ts'
import { codeOf, SuretyError } from '../../src/base/errors.ts'
import { printableJson } from '../../src/base/text/printable.ts'
import { reEnrolments } from '../../src/protocol/nouns/enrolment/re-enrolments.ts'
import { distrustOfProgramFile } from '../../src/system/files/own/trusted-code.ts'
import { startProgram } from '../../src/system/program/command.ts'
import { inOrder } from '../../src/view/sightings/sighting-rows.ts'
import { chooseTpm } from './choose-tpm.ts'
import { liveView, type Screen } from './live-view.ts'
import { type Folders, prepareFolders, type StartSession, startSession } from './session.ts'
import { fetchDocument, type StartDocument } from './start-document.ts'
import { summaryLines } from './summary.ts'

export type Style = 'bold' | 'red' | 'yellow' | 'green'

export interface QuickStartComponents {
  readonly clock: Clock
  /** For the summary or the document. */
  readonly out: Screen
  /** Whether `out` obeys escape sequences, so that the summary can be redrawn. */
  readonly redraws: boolean
  /** Colours a word if `out` shows colours and the user wants them. */
  readonly paint: (style: Style, text: string) => string
  /** One line per phase. */
  readonly progress: { write(text: string): unknown }
}

export interface QuickStartInit {
  /** The folder of this checkout. */
  readonly checkout: string
  readonly dataFolder: string
  readonly once: boolean
  readonly json: boolean
  readonly mayInstall: boolean
  readonly tpmDevice: string
}

const REFRESH_MS = 2_000

/** Starts a directory and a daemon, waits for the first complete report and prints it. Unless `once`, it keeps the summary live. */
export async function runQuickStart(
  components: QuickStartComponents,
  init: QuickStartInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, out } = components
  const { checkout, tpmDevice } = init
  const timings = stopwatch(clock)
  const say = (line: string) => components.progress.write(`${timings.seconds()}  ${line}\n`)
  const isRoot = process.getuid?.() === 0
  requireTrustedCheckout(checkout)
  say(`starting; data is in ${init.dataFolder}`)
  const resumes = existsSync(join(init.dataFolder, 'device', 'identity.json'))
  const folders = await prepareFolders(init.dataFolder)
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rm(folders.sockets, { recursive: true, force: true }))
  if (!isRoot) say('not root: scans only your own home; checks that need root could not be made')
  await buildParts(checkout, { signal })
  const tpm = (await hasSoftwareKey(folders))
    ? ({
        kind: 'none',
        because: `using the key file in ${folders.device}, with which this device was enrolled`,
      } as const)
    : await chooseTpm({ say }, { device: tpmDevice, mayInstall: init.mayInstall })
  say(tpm.because)
  signal.throwIfAborted()
  const { phase } = timings
  await using session = await startSession({ clock, say, phase }, { folders, checkout, tpm, tpmDevice }, { signal })
  const work = async () => {
    const first = await firstReport(session, { clock, say, timings, resumes }, { signal })
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

/** The first program file that the daemon reads. */
const CATALOGUE = 'src/discovery/catalogue/catalogue.json'

/**
 * Checks that the daemon would trust the files of this checkout, before anything is created.
 *
 * @throws `CONFIG_INVALID` with what to do.
 */
export function requireTrustedCheckout(checkout: string): void {
  const distrust = distrustOfProgramFile(join(checkout, CATALOGUE))
  if (distrust === undefined) return
  const remedy =
    distrust.because === 'mode'
      ? `Run: chmod -R go-w ${asArgument(checkout)}`
      : 'Clone the repository again, as the user who runs npm start'
  throw new SuretyError('CONFIG_INVALID', `suretyd does not trust this checkout: ${distrust.words}. ${remedy}`)
}

const PHASES = [
  ['attested', 'attested; collecting'],
  ['acknowledged', 'first evidence acknowledged; waiting for the checks that ask the package manager'],
  ['complete', 'first report complete'],
] as const

/** Waits until the evidence of one complete collection is acknowledged, then fetches the device from the directory. */
async function firstReport(
  session: StartSession,
  { clock, say, timings, resumes }: { clock: Clock; say(line: string): void; timings: Stopwatch; resumes: boolean },
  { signal }: { signal: AbortSignal },
): Promise<StartDocument> {
  const reached = (wanted: string) => session.daemon.line((line) => (line.phase === wanted ? line : undefined))
  const enrolled = new AbortController()
  const untilEnrolled = AbortSignal.any([signal, enrolled.signal])
  void announceReEnrolments(session, { clock, say }, { signal: untilEnrolled }).catch(() => undefined)
  const device = String((await reached('enrolled')).device)
  enrolled.abort()
  timings.phase('enrolled')
  say(`${resumes ? 'resuming' : 'enrolled as'} ${device}`)
  for (const [name, words] of PHASES) {
    await reached(name)
    timings.phase(name)
    say(words)
  }
  return fetchCurrent(session, device, timings)
}

/** A known TPM enrols again only after an approval. Prints the command for it. */
async function announceReEnrolments(
  session: StartSession,
  { clock, say }: { clock: Clock; say(line: string): void },
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const announced = new Set<string>()
  for (;;) {
    await clock.sleep(500, { signal })
    const { items } = await list(session.api, reEnrolments)
    for (const { id, device, epoch, status } of items) {
      if (status !== 'pending' || announced.has(id)) continue
      announced.add(id)
      say(`this TPM is already known as ${device}. To let it begin epoch ${epoch}, run:`)
      say(`  ${directoryCommand(session.profile, 're-enrolments', 'approve', id)}`)
    }
  }
}

function fetchCurrent(session: StartSession, device: string, timings: Stopwatch): Promise<StartDocument> {
  const directory = {
    api: `https://localhost:${session.ports.api}/api/v1`,
    devices: `wss://localhost:${session.ports.devices}`,
    profile: session.profile,
  }
  return fetchDocument(session.api, { device, directory, timings: timings.all() })
}

/** Redraws the summary on a terminal. Elsewhere prints it again when the verdict changes. */
async function keepShowing(
  session: StartSession,
  components: QuickStartComponents,
  first: StartDocument,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, out } = components
  let shown = first
  const isRoot = process.getuid?.() === 0
  const draw = components.redraws ? liveView(out) : (lines: readonly string[]) => out.write(`${lines.join('\n')}\n`)
  const show = (document: StartDocument) =>
    draw([...shownLines(components, document), '', ...footerOf(session, { ...document, isRoot }), ''])
  show(first)
  while (!signal.aborted) {
    await clock.sleep(REFRESH_MS, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const now = await fetchCurrent(session, first.device.id, stopwatch(clock)).catch((error: unknown) => {
      // The directory may be restarting. The next round tries again.
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

/** What to do next: first to start an agent, then to stop it. */
export function footerOf(
  { controlSocket, profile, consoleUrl }: Pick<StartSession, 'controlSocket' | 'profile' | 'consoleUrl'>,
  { agents, isRoot }: Pick<StartDocument, 'agents'> & { readonly isRoot: boolean },
): readonly string[] {
  return [
    ...(consoleUrl === undefined ? [] : [`Look around:        ${consoleUrl}`]),
    `How to fix a check: ${daemonCommand(controlSocket, 'fix')}`,
    `Ask the directory:  ${directoryCommand(profile, 'devices', 'list')}`,
    ...stopLines(controlSocket, { agents, isRoot }),
    'Press Ctrl-C to end both.',
  ]
}

function stopLines(
  controlSocket: string,
  { agents, isRoot }: Pick<StartDocument, 'agents'> & { readonly isRoot: boolean },
): readonly string[] {
  const [first] = inOrder(agents.filter(({ state }) => state === 'running'))
  const begin = first === undefined ? ['Start an agent in another terminal: it appears here within a second.'] : []
  if (!isRoot)
    return [...begin, 'To stop an agent, run npm start as root: the kernel lets nobody else freeze processes.']
  const isFrozen = first?.kind === 'agent' && first.frozenBy !== undefined
  return [
    ...begin,
    ...(isFrozen
      ? []
      : [`Stop it:            ${daemonCommand(controlSocket, `freeze ${first?.id.slice(0, SHORT_ID) ?? 'AGENT'}`)}`]),
    `Let it resume:      ${daemonCommand(controlSocket, 'release')}`,
  ]
}

/** Digits of an id that `surety` takes for one agent. */
const SHORT_ID = 8

/** A command to type in the folder of this checkout. */
export function daemonCommand(controlSocket: string, command = 'status'): string {
  return `npm run -s surety -- ${command} --socket ${asArgument(controlSocket)}`
}

export function directoryCommand(profile: string, ...words: readonly string[]): string {
  return ['npm run -s surety-directory --', ...words, '--profile', asArgument(profile)].join(' ')
}

const STATE_STYLES: Readonly<Record<string, Style>> = { fail: 'red', 'could not check': 'yellow', pass: 'green' }

function shownLines({ out, paint }: QuickStartComponents, document: StartDocument): readonly string[] {
  return summaryLines(document, { columns: out.columns || undefined, colour: paint('red', 'x') !== 'x' }).map((line) =>
    line
      .replace(
        /^( {2})(fail|could not check|pass)\b/,
        (_, indent, state) => indent + paint(STATE_STYLES[state] ?? 'bold', state),
      )
      .replace(/^[A-Z].*?(?= {2}|$)/, (label) => paint('bold', label)),
  )
}

/** A device stays with the kind of its keys: a TPM that appears later needs a new enrolment. */
async function hasSoftwareKey({ device }: Folders): Promise<boolean> {
  return (await readdir(device)).some((name) => name.startsWith('software-key-'))
}

/** The addon needs a compiler: without it only the user of the daemon may ask it. The console is built after each change. */
const PARTS = [
  ['build-native.ts', '--if-possible'],
  ['make-console.ts', '--if-changed'],
] as const

export async function buildParts(checkout: string, { signal }: { signal: AbortSignal }): Promise<void> {
  for (const [script, option] of PARTS) {
    const args = [join(checkout, 'scripts', script), option]
    await using program = await startProgram({ path: process.execPath, args })
    await orAborted(program.exit, signal)
  }
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
