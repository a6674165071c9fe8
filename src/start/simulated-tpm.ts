import { constants } from 'node:fs'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { type Clock, orAborted } from '../base/clock.ts'
import { SuretyError } from '../base/errors.ts'
import { startProgram } from '../system/program/command.ts'

/** A TPM simulator (swtpm) that runs as long as we do. Its certificates come from a CA that exists only in its folder. */
export interface SimulatedTpm {
  /** For the daemon's `tpm.simulator`: `unix:` and a path. The raw TPM stream, one client at a time. */
  readonly simulator: string
  /** Leader of its process group. */
  readonly pid: number
  /** PEM files: the root CA, then the CA that issued the EK certificates. */
  readonly caCertificates: readonly [root: string, issuer: string]
  /** Power off without TPM2_Shutdown; what makes it this TPM stays in the folder. */
  [Symbol.asyncDispose](): Promise<void>
}

export interface SimulatedTpmInit {
  /** What makes it this TPM: kept between runs. Nothing is written elsewhere. */
  readonly folder: string
  /** Where its socket lies: a private folder with a path short enough for a socket (108 bytes in all). */
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
 * Makes the TPM if the folder holds none, then powers it on.
 *
 * @throws `TPM_UNAVAILABLE` when the TPM in the folder was not made to its end, or swtpm does not come up, saying what to
 *   do or which log file to read.
 */
export async function startSimulatedTpm(
  { clock }: { readonly clock: Clock },
  { folder, socketFolder }: SimulatedTpmInit,
  { signal }: { signal: AbortSignal },
): Promise<SimulatedTpm> {
  const state = join(folder, 'state')
  const caCertificates = [join(folder, 'ca', ROOT_CERTIFICATE), join(folder, 'ca', ISSUER_CERTIFICATE)] as const
  if (!(await exists(join(state, 'tpm2-00.permall')))) await manufacture(folder, { signal })
  else await requireWhole(folder, caCertificates)
  const socket = join(socketFolder, 'tpm')
  const control = `${socket}.ctrl`
  await Promise.all([socket, control].map((path) => rm(path, { force: true })))
  const log = join(folder, 'swtpm.log')
  // It writes below what it wrote before.
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
  for (let attempt = 0; !(await accepts(socket)); attempt++) {
    if (ended || attempt > 500) {
      const held = (await logOf(log)).slice(before.length).includes('Could not lock access')
      const why = held ? `: another npm start has ${folder}; end that one, or give another --data` : `; see ${log}`
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

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.end(() => resolve(true)))
  })
}

const ROOT_CERTIFICATE = 'swtpm-localca-rootca-cert.pem'
const ISSUER_CERTIFICATE = 'issuercert.pem'
const MAKING = 'making-'

/**
 * Makes a TPM with certified endorsement keys, and its CA, in a folder beside the final one. `state` is moved to its place
 * last: what is interrupted is made anew at the next start.
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

/** Runs swtpm_setup, which leaves `ca` and `state` in `folder`. */
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
    // Killed, it leaves its temporary files.
    env: { TMPDIR: folder },
  })
  const { exitCode } = await orAborted(program.exit, signal)
  if (exitCode !== 0) {
    throw new SuretyError('TPM_UNAVAILABLE', `the TPM simulator could not be made; see ${log}`)
  }
}

/** The device may be enrolled with this TPM, so a person must decide that it goes. */
async function requireWhole(folder: string, files: readonly string[]): Promise<void> {
  for (const path of files) {
    if (await exists(path)) continue
    const remedy = `remove ${folder} and start again: that makes another TPM`
    throw new SuretyError('TPM_UNAVAILABLE', `the TPM simulator is not whole, ${path} is missing: ${remedy}`)
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
