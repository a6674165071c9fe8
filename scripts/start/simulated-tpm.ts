import { constants } from 'node:fs'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { type Clock, orAborted } from '../../src/base/clock.ts'
import { SuretyError } from '../../src/base/errors.ts'
import { startProgram } from '../../src/system/program/command.ts'

/** A running TPM simulator (swtpm). Its certificates come from a CA that exists only in its folder. */
export interface SimulatedTpm {
  /** The setting `tpm.simulator` of the daemon: `unix:PATH`. It serves one client at a time. */
  readonly simulator: string
  /** The leader of its process group. */
  readonly pid: number
  /** PEM files of the root CA and of the CA that issued the EK certificates. */
  readonly caCertificates: readonly [root: string, issuer: string]
  /** Powers off without TPM2_Shutdown. The state stays in the folder. */
  [Symbol.asyncDispose](): Promise<void>
}

export interface SimulatedTpmInit {
  /** Holds the state of the TPM between runs. */
  readonly folder: string
  /** A private folder for the socket. The path of a socket may have at most 108 bytes. */
  readonly socketFolder: string
}

const SWTPM = '/usr/bin/swtpm'
const SWTPM_SETUP = '/usr/bin/swtpm_setup'
const SWTPM_LOCALCA = '/usr/bin/swtpm_localca'
export const SIMULATOR_PROGRAMS: readonly string[] = [SWTPM, SWTPM_SETUP, SWTPM_LOCALCA]
export const SIMULATOR_PACKAGES: readonly string[] = ['swtpm', 'swtpm-tools']

export async function simulatorInstalled(): Promise<boolean> {
  const found = await Promise.allSettled(SIMULATOR_PROGRAMS.map((path) => access(path, constants.X_OK)))
  return found.every(({ status }) => status === 'fulfilled')
}

/**
 * Powers on the TPM in the folder, and manufactures it first if there is none.
 *
 * @throws `TPM_UNAVAILABLE` when the TPM in the folder is incomplete or swtpm does not start, with what to do or which log file
 *   to read.
 */
export async function startSimulatedTpm(
  { clock }: { readonly clock: Clock },
  { folder, socketFolder }: SimulatedTpmInit,
  { signal }: { signal: AbortSignal },
): Promise<SimulatedTpm> {
  const state = join(folder, 'state')
  const caCertificates = [join(folder, 'ca', ROOT_CERTIFICATE), join(folder, 'ca', ISSUER_CERTIFICATE)] as const
  if (!(await exists(join(state, 'tpm2-00.permall')))) await manufacture(folder, { signal })
  else await requireComplete(folder, caCertificates)
  const socket = join(socketFolder, 'tpm')
  const control = `${socket}.ctrl`
  await Promise.all([socket, control].map((path) => rm(path, { force: true })))
  const log = join(folder, 'swtpm.log')
  // swtpm appends to its log.
  const before = await logOf(log)
  await using starting = new AsyncDisposableStack()
  const program = await startProgram({
    path: SWTPM,
    args: [
      ...['socket', '--tpm2', '--tpmstate', `dir=${state}`],
      ...['--server', `type=unixio,path=${socket}`, '--ctrl', `type=unixio,path=${control}`],
      ...['--flags', 'not-need-init,startup-clear', '--log', `file=${log}`],
    ],
  })
  starting.use(program)
  let ended = false
  void program.exit.then(() => {
    ended = true
  })
  const startedAt = clock.monotonic()
  while (!(await answers(socket))) {
    if (ended || clock.monotonic() - startedAt > STARTS_WITHIN_MS) {
      const isLocked = (await logOf(log)).slice(before.length).includes('Could not lock access')
      const why = isLocked
        ? `: another npm start uses ${folder}. End it, or choose another folder with --data`
        : `; see ${log}`
      throw new SuretyError('TPM_UNAVAILABLE', `the TPM simulator did not start${why}`)
    }
    await clock.sleep(10, { signal })
  }
  starting.move()
  return {
    pid: program.pid,
    simulator: `unix:${socket}`,
    caCertificates,
    async [Symbol.asyncDispose]() {
      program.kill('SIGTERM')
      await program.exit
    },
  }
}

function logOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

const STARTS_WITHIN_MS = 60_000
const ANSWERS_WITHIN_MS = 5_000
/** TPM2_GetTestResult without sessions. The TPM answers it in every state. */
const GET_TEST_RESULT = Buffer.from('80010000000a0000017c', 'hex')

/** swtpm listens before it locks its state, so an accepted connection does not prove that it started. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => socket.write(GET_TEST_RESULT))
    socket.setTimeout(ANSWERS_WITHIN_MS, () => socket.destroy())
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('data', () => socket.end(() => resolve(true)))
  })
}

const ROOT_CERTIFICATE = 'swtpm-localca-rootca-cert.pem'
const ISSUER_CERTIFICATE = 'issuercert.pem'
const MAKING = 'making-'

/**
 * Makes a TPM with certified endorsement keys, and its CA, in a temporary folder. `state` is moved to its final place last, so
 * that an interrupted run starts again.
 */
async function manufacture(folder: string, { signal }: { signal: AbortSignal }): Promise<void> {
  const [ca, state] = [join(folder, 'ca'), join(folder, 'state')]
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const interrupted = (await readdir(folder)).filter((name) => name.startsWith(MAKING))
  const remove = (path: string) => rm(path, { recursive: true, force: true })
  for (const each of [ca, state, ...interrupted.map((name) => join(folder, name))]) await remove(each)
  const making = await mkdtemp(join(folder, MAKING))
  try {
    await runSetup(making, join(folder, 'setup.log'), { signal })
    await rename(join(making, 'ca'), ca)
    await rename(join(making, 'state'), state)
  } finally {
    await remove(making)
  }
}

/** Runs swtpm_setup, which creates `ca` and `state` in `folder`. */
async function runSetup(folder: string, log: string, { signal }: { signal: AbortSignal }): Promise<void> {
  const [ca, state] = [join(folder, 'ca'), join(folder, 'state')]
  for (const path of [ca, state]) await mkdir(path, { mode: 0o700 })
  const [setup, localCa, options] = [join(folder, 'setup.conf'), join(folder, 'localca.conf'), join(folder, 'options')]
  const write = (path: string, ...lines: readonly string[]) => writeFile(path, `${lines.join('\n')}\n`)
  await write(
    setup,
    `create_certs_tool=${SWTPM_LOCALCA}`,
    `create_certs_tool_config=${localCa}`,
    `create_certs_tool_options=${options}`,
    'active_pcr_banks=sha256',
  )
  await write(
    localCa,
    `statedir=${ca}`,
    `signingkey=${join(ca, 'signkey.pem')}`,
    `issuercert=${join(ca, ISSUER_CERTIFICATE)}`,
    `certserial=${join(ca, 'certserial')}`,
  )
  await write(options, '--platform-manufacturer Surety', '--platform-version 1.0', '--platform-model Simulator')
  await using program = await startProgram({
    path: SWTPM_SETUP,
    args: ['--tpm2', '--create-ek-cert', '--tpm-state', state, '--config', setup, '--logfile', log],
    // If it is killed, its temporary files stay in this folder.
    env: { TMPDIR: folder },
  })
  const { exitCode } = await orAborted(program.exit, signal)
  if (exitCode !== 0) {
    throw new SuretyError('TPM_UNAVAILABLE', `swtpm_setup failed; see ${log}`)
  }
}

/** Never repairs: the device may be enrolled with this TPM, so a person must decide to remove it. */
async function requireComplete(folder: string, files: readonly string[]): Promise<void> {
  for (const path of files) {
    if (await exists(path)) continue
    const remedy = `Remove ${folder} and start again, which makes another TPM`
    throw new SuretyError('TPM_UNAVAILABLE', `the simulated TPM is incomplete: ${path} is missing. ${remedy}`)
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
