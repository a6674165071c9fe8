import { access, chmod, copyFile, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { type Clock, orAborted } from '../base/clock.ts'
import { SuretyError } from '../base/errors.ts'
import { type ApiClient, apiClient } from '../directory/commands/api-client.ts'
import { asArgument } from '../directory/commands/words.ts'
import { createdTokenReader, type TokenRequest } from '../protocol/api-administration.ts'
import { administratorProfileReader } from '../protocol/api-common.ts'
import { readIfPresent, writeDurably } from '../system/files/durable-file.ts'
import { makeFolderDurably } from '../system/files/durable-folder.ts'
import { requirePrivateFolder } from '../system/files/private-folder.ts'
import { MAX_SOCKET_PATH_BYTES } from '../system/socket/local-socket-path.ts'
import { type Ports, withPorts } from './ports.ts'
import { type StartedProgram, startOurProgram } from './programs.ts'
import { type SimulatedTpm, startSimulatedTpm } from './simulated-tpm.ts'
import { startGuardian } from './start-guardian.ts'
import type { TpmChoice } from './tpm-choice.ts'

/** The folders of one `npm start`: everything it keeps lies below `data`. */
export interface Folders {
  readonly data: string
  readonly directory: string
  readonly device: string
  readonly tpm: string
  /** Sockets: in a private folder of its own, since their paths must be short. Not kept. */
  readonly sockets: string
  /** The daemon's local socket: the same at each start, where the path of `data` is short enough, so that a command that asks it is too. */
  readonly controlSocket: string
}

/** @throws `STORE_FAILED` when a folder cannot be made, belongs to another user, or others may write to it. */
export async function prepareFolders(data: string): Promise<Folders> {
  const folders = {
    data,
    directory: join(data, 'directory'),
    device: join(data, 'device'),
    tpm: join(data, 'tpm'),
  }
  for (const each of [data, folders.directory, folders.device, folders.tpm]) await prepareFolder(each, data)
  const sockets = await mkdtemp(join(tmpdir(), 'surety-'))
  const kept = join(data, CONTROL_SOCKET)
  const fits = Buffer.byteLength(kept) <= MAX_SOCKET_PATH_BYTES
  return { ...folders, sockets, controlSocket: fits ? kept : join(sockets, CONTROL_SOCKET) }
}

async function prepareFolder(path: string, data: string): Promise<void> {
  await makeFolderDurably(path, { mode: 0o700 }).catch((cause) => {
    throw new SuretyError('STORE_FAILED', `cannot make ${JSON.stringify(path)}: choose another folder with --data`, {
      cause,
    })
  })
  // A folder of root's is private enough for `requirePrivateFolder`, but we could not write to it.
  const { uid } = await lstat(path)
  if (uid !== process.geteuid?.()) {
    const owner = uid === 0 ? 'root, as after a start with sudo' : `user ${uid}`
    const remedy = `remove it (sudo rm -r ${asArgument(data)}), or choose another folder with --data`
    throw new SuretyError('STORE_FAILED', `${JSON.stringify(path)} belongs to ${owner}: ${remedy}`)
  }
  requirePrivateFolder(path)
}

const CONTROL_SOCKET = 'control.sock'

export interface SessionInit {
  readonly folders: Folders
  /** Where `main-daemon.ts` and `main-directory.ts` lie. */
  readonly sources: string
  readonly tpm: TpmChoice
  readonly tpmDevice: string
}

/** A directory and a daemon that run, with the way to ask the directory. */
export interface StartSession extends AsyncDisposable {
  readonly api: ApiClient
  readonly ports: Ports
  /** The administrator's profile file. */
  readonly profile: string
  /** The daemon's local socket. */
  readonly controlSocket: string
  readonly daemon: StartedProgram
  /** Rejects when one of the two ends before it should. */
  readonly ended: Promise<never>
}

/** Starts the simulated TPM if one is wanted, the directory, and the daemon, enrolling it if it is not. */
export async function startSession(
  { clock, say, phase }: { readonly clock: Clock; say(line: string): void; phase(name: string): void },
  init: SessionInit,
  { signal }: { signal: AbortSignal },
): Promise<StartSession> {
  const { folders } = init
  await using stack = new AsyncDisposableStack()
  const guardian = stack.use(await startGuardian())
  let simulator: SimulatedTpm | undefined
  if (init.tpm.kind === 'simulated') {
    say('starting the simulated TPM')
    const places = { folder: folders.tpm, socketFolder: folders.sockets }
    simulator = stack.use(await startSimulatedTpm({ clock }, places, { signal }))
    guardian.watch(simulator.pid)
    phase('simulatedTpm')
  }
  say('starting the directory')
  const anchors = await trustSimulator(folders, simulator)
  const { directory, ports } = await withPorts(folders.data, async (chosen) => {
    await using starting = new AsyncDisposableStack()
    const program = starting.use(await startDirectoryProgram(init, chosen, anchors))
    guardian.watch(program.pid)
    await orAborted(
      program.line(({ ready }) => ready),
      signal,
    )
    stack.use(starting.move())
    return { directory: program, ports: chosen }
  })
  phase('directory')
  const { api, profile } = await openDirectoryApi(folders)
  const enrolmentFile = join(folders.data, 'enrolment')
  if (!(await exists(join(folders.device, 'identity.json')))) {
    say('enrolling this machine')
    await writeToken(api, enrolmentFile, simulator === undefined ? 'software' : 'simulated')
  }
  say('starting the daemon')
  const daemon = stack.use(await startDaemonProgram(init, simulator, enrolmentFile))
  guardian.watch(daemon.pid)
  signal.throwIfAborted()
  const running = stack.move()
  return {
    api,
    ports,
    profile,
    controlSocket: folders.controlSocket,
    daemon,
    ended: Promise.race([endOf(directory, 'the directory'), endOf(daemon, 'the daemon')]),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function endOf(program: StartedProgram, name: string): Promise<never> {
  await program.ended
  // Gives the reason if it left one.
  await program.line(() => undefined)
  throw new SuretyError('COMMAND_FAILED', `${name} ended`)
}

/** The simulator's CA becomes a trust anchor of this directory alone, in the set whose tier is `simulated`. */
async function trustSimulator(folders: Folders, simulator: SimulatedTpm | undefined): Promise<string> {
  const anchors = join(folders.directory, 'trust-anchors')
  const simulated = join(anchors, 'simulated')
  await rm(simulated, { recursive: true, force: true })
  await mkdir(simulated, { recursive: true, mode: 0o700 })
  for (const each of simulator?.caCertificates ?? []) {
    const anchor = join(simulated, basename(each))
    await copyFile(each, anchor)
    // A copy has the mode of its original, and the directory takes no anchor that others could write to.
    await chmod(anchor, 0o600)
  }
  return anchors
}

function startDirectoryProgram(
  { folders, sources }: SessionInit,
  ports: Ports,
  anchors: string,
): Promise<StartedProgram> {
  const logFile = join(folders.data, 'directory.log')
  return startOurProgram({
    name: 'the directory',
    script: join(sources, 'main-directory.ts'),
    logFile,
    args: [
      ...['serve', '--ready-json', '--data', folders.directory, '--trust-anchors', anchors],
      ...['--devices-host', '127.0.0.1', '--devices-port', String(ports.devices), '--api-port', String(ports.api)],
      ...['--names', 'localhost,127.0.0.1', '--devices-url', `wss://localhost:${ports.devices}`],
      ...['--log-file', logFile, '--log-format', 'json'],
    ],
  })
}

function startDaemonProgram(
  { folders, sources, tpm, tpmDevice }: SessionInit,
  simulator: SimulatedTpm | undefined,
  enrolmentFile: string,
): Promise<StartedProgram> {
  const logFile = join(folders.data, 'suretyd.log')
  const keys = tpm.kind === 'none' ? 'software' : 'tpm'
  return startOurProgram({
    name: 'the daemon',
    script: join(sources, 'main-daemon.ts'),
    logFile,
    args: [
      ...['run', '--ready-json', '--state-folder', folders.device, '--enrolment-file', enrolmentFile],
      ...['--socket', folders.controlSocket, '--keys', keys, '--tpm-device', tpmDevice],
      ...(simulator === undefined ? [] : ['--tpm-simulator', simulator.simulator]),
      ...['--log-file', logFile, '--log-format', 'json'],
    ],
  })
}

async function openDirectoryApi(folders: Folders): Promise<{ api: ApiClient; profile: string }> {
  const profile = join(folders.directory, 'administrator.json')
  const bytes = await readIfPresent(profile, { maxBytes: 32 * 1024, ownerOnly: true })
  if (bytes === undefined) {
    throw new SuretyError('UNAUTHENTICATED', `${profile} is gone: surety-directory administrator reset makes a new one`)
  }
  return { api: apiClient(administratorProfileReader.readJson(fromUtf8(bytes))), profile }
}

async function writeToken(api: ApiClient, path: string, minimumTier: 'software' | 'simulated'): Promise<void> {
  const request: TokenRequest = { owner: 'npm start', ttlMs: 3_600_000, minimumTier }
  const { enrolment } = await api.ask('POST', '/tokens', createdTokenReader, request)
  await writeDurably(path, utf8(`${enrolment}\n`), { mode: 0o600 })
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
