import { access, chmod, copyFile, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { asArgument } from '../../src/admin/command/format.ts'
import { type ApiClient, apiClient } from '../../src/admin/connection/api-client.ts'
import { firstLink } from '../../src/admin/people/first-link.ts'
import { fromUtf8, utf8 } from '../../src/base/bytes.ts'
import { type Clock, orAborted } from '../../src/base/clock.ts'
import { SuretyError } from '../../src/base/errors.ts'
import { administratorProfileReader } from '../../src/protocol/noun/answers.ts'
import { createdTokenReader, type TokenRequest } from '../../src/protocol/nouns/enrolment/tokens.ts'
import { readIfPresent, writeDurably } from '../../src/system/files/own/durable-file.ts'
import { makeFolderDurably } from '../../src/system/files/own/durable-folder.ts'
import { requirePrivateFolder } from '../../src/system/files/own/private-folder.ts'
import { MAX_SOCKET_PATH_BYTES } from '../../src/system/socket/local-socket-path.ts'
import type { TpmChoice } from './choose-tpm.ts'
import { type StartedProgram, startOwnProgram } from './own-program.ts'
import { type Ports, withPorts } from './ports.ts'
import { type SimulatedTpm, startSimulatedTpm } from './simulated-tpm.ts'
import { startGuardian } from './start-guardian.ts'

/** The folders of `npm start`. Everything that it keeps is below `data`. */
export interface Folders {
  readonly data: string
  readonly directory: string
  readonly device: string
  readonly tpm: string
  /** A private temporary folder for sockets, whose paths must be short. */
  readonly sockets: string
  /** The daemon's local socket. It has the same path at each start if the path of `data` is short enough. */
  readonly controlSocket: string
}

/** @throws `STORE_FAILED` when a folder cannot be created, belongs to another user, or is writable by others. */
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
    throw new SuretyError('STORE_FAILED', `cannot create ${JSON.stringify(path)}: choose another folder with --data`, {
      cause,
    })
  })
  // `requirePrivateFolder` accepts a folder of root, to which we could not write.
  const { uid } = await lstat(path)
  if (uid !== process.geteuid?.()) {
    const owner = uid === 0 ? 'root (from an earlier sudo?)' : `user ${uid}`
    const remedy = `remove it (sudo rm -r ${asArgument(data)}), or choose another folder with --data`
    throw new SuretyError('STORE_FAILED', `${JSON.stringify(path)} belongs to ${owner}: ${remedy}`)
  }
  requirePrivateFolder(path)
}

const CONTROL_SOCKET = 'control.sock'

export interface SessionInit {
  readonly folders: Folders
  /** The folder of this checkout. */
  readonly checkout: string
  readonly tpm: TpmChoice
  readonly tpmDevice: string
}

/** A running directory and daemon, with a client for the API. */
export interface StartSession extends AsyncDisposable {
  readonly api: ApiClient
  readonly ports: Ports
  /** Where people open the console: the link that enrols the first passkey, until there is one. Absent where the directory names none. */
  readonly consoleUrl: string | undefined
  /** The profile file of the administrator. */
  readonly profile: string
  /** The daemon's local socket. */
  readonly controlSocket: string
  readonly daemon: StartedProgram
  /** Rejects when one of the two ends unexpectedly. */
  readonly ended: Promise<never>
}

/** Starts the simulated TPM if it was chosen, the directory, and the daemon. Enrols the daemon if necessary. */
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
    const tpmFolders = { folder: folders.tpm, socketFolder: folders.sockets }
    simulator = stack.use(await startSimulatedTpm({ clock }, tpmFolders, { signal }))
    guardian.watch(simulator.pid)
    phase('simulatedTpm')
  }
  say('starting the directory')
  const anchors = await trustSimulator(folders, simulator)
  const startOn = async (chosen: Ports) => {
    await using starting = new AsyncDisposableStack()
    const program = starting.use(await startDirectoryProgram(init, chosen, anchors))
    guardian.watch(program.pid)
    const consoleUrl = await orAborted(
      program.line(({ ready, console }) => (ready === undefined ? undefined : { url: console })),
      signal,
    )
    stack.use(starting.move())
    return { directory: program, ports: chosen, console: consoleUrl.url }
  }
  const { directory, ports, console } = await withPorts(folders.data, startOn, { say })
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
    consoleUrl: (await firstLink(api)) ?? (typeof console === 'string' ? console : undefined),
    profile,
    controlSocket: folders.controlSocket,
    daemon,
    ended: Promise.race([endOf(directory, 'the directory'), endOf(daemon, 'the daemon')]),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function endOf(program: StartedProgram, name: string): Promise<never> {
  await program.ended
  // Throws with the reason, if the program printed one.
  await program.line(() => undefined)
  throw new SuretyError('COMMAND_FAILED', `${name} ended`)
}

/** Makes the CA of the simulator a trust anchor of this directory. Its keys get the tier `simulated`. */
async function trustSimulator(folders: Folders, simulator: SimulatedTpm | undefined): Promise<string> {
  const anchors = join(folders.directory, 'trust-anchors')
  const simulated = join(anchors, 'simulated')
  await rm(simulated, { recursive: true, force: true })
  await mkdir(simulated, { recursive: true, mode: 0o700 })
  for (const each of simulator?.caCertificates ?? []) {
    const anchor = join(simulated, basename(each))
    await copyFile(each, anchor)
    // A copy keeps the mode, and the directory refuses anchors that others may write.
    await chmod(anchor, 0o600)
  }
  return anchors
}

function startDirectoryProgram(
  { folders, checkout }: SessionInit,
  ports: Ports,
  anchors: string,
): Promise<StartedProgram> {
  const logFile = join(folders.data, 'directory.log')
  return startOwnProgram({
    name: 'the directory',
    script: join(checkout, 'src/main-directory.ts'),
    logFile,
    args: [
      ...['serve', '--ready-json', '--data', folders.directory, '--trust-anchors', anchors],
      ...['--devices-host', '127.0.0.1', '--devices-port', String(ports.devices), '--api-port', String(ports.api)],
      ...['--console-port', String(ports.console)],
      ...['--names', 'localhost,127.0.0.1', '--devices-url', `wss://localhost:${ports.devices}`],
      ...['--log-file', logFile, '--log-format', 'json'],
    ],
  })
}

function startDaemonProgram(
  { folders, checkout, tpm, tpmDevice }: SessionInit,
  simulator: SimulatedTpm | undefined,
  enrolmentFile: string,
): Promise<StartedProgram> {
  const logFile = join(folders.data, 'suretyd.log')
  const keys = tpm.kind === 'none' ? 'software' : 'tpm'
  return startOwnProgram({
    name: 'the daemon',
    script: join(checkout, 'src/main-daemon.ts'),
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
    throw new SuretyError(
      'UNAUTHENTICATED',
      `${profile} is missing. Make a new one with: surety-directory administrator reset`,
    )
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
