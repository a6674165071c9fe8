import { constants } from 'node:fs'
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { type Clock, orAborted } from '../base/clock.ts'
import { SuretyError } from '../base/errors.ts'
import { startProgram } from '../system/command.ts'

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
 * @throws `TPM_UNAVAILABLE` when swtpm does not come up, naming its log file where the folder is not in use.
 */
export async function startSimulatedTpm(
  { clock }: { readonly clock: Clock },
  { folder, socketFolder }: SimulatedTpmInit,
  { signal }: { signal: AbortSignal },
): Promise<SimulatedTpm> {
  const state = join(folder, 'state')
  const present = await readdir(state).catch((): string[] => [])
  if (!present.includes('tpm2-00.permall')) await manufacture(folder, { signal })
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
    caCertificates: [join(folder, 'ca', 'swtpm-localca-rootca-cert.pem'), join(folder, 'ca', 'issuercert.pem')],
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

/** Writes swtpm's configuration into `folder` and has it make a TPM with certified endorsement keys. */
async function manufacture(folder: string, { signal }: { signal: AbortSignal }): Promise<void> {
  const [ca, state] = [join(folder, 'ca'), join(folder, 'state')]
  await rm(state, { recursive: true, force: true })
  for (const path of [folder, ca, state]) await mkdir(path, { recursive: true, mode: 0o700 })
  const [setup, localCa, options] = ['setup.conf', 'localca.conf', 'localca.options'].map((name) => join(folder, name))
  const write = (path: string | undefined, ...lines: readonly string[]) =>
    writeFile(path ?? '', `${lines.join('\n')}\n`)
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
    `issuercert=${join(ca, 'issuercert.pem')}`,
    `certserial=${join(ca, 'certserial')}`,
  )
  await write(options, '--platform-manufacturer Surety', '--platform-version 1.0', '--platform-model Simulator')
  await using program = await startProgram({
    path: SWTPM_SETUP,
    args: [
      '--tpm2',
      '--create-ek-cert',
      '--tpm-state',
      state,
      '--config',
      setup ?? '',
      '--logfile',
      join(folder, 'setup.log'),
    ],
  })
  const { exitCode } = await orAborted(program.exit, signal)
  if (exitCode !== 0) {
    throw new SuretyError('TPM_UNAVAILABLE', `the TPM simulator could not be made; see ${join(folder, 'setup.log')}`)
  }
}
