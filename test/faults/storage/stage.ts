import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { call } from '../../../src/admin/nouns/call.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { DEFAULT_GATE_TEXT } from '../../../src/gate-policy/default-gate-policy.ts'
import type { Status } from '../../../src/protocol/messages/control.ts'
import { catalogue as distributed } from '../../../src/protocol/nouns/agents/catalogues.ts'
import { deviceOrderReader } from '../../../src/protocol/nouns/devices/orders.ts'
import { gatePolicyText } from '../../../src/protocol/nouns/directory/gate-policy.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { brief, statusAt } from '../../support/daemon/ask-daemon.ts'
import { type DaemonProcess, daemonProcess } from '../../support/daemon/daemon-process.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { type ServingDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { freePorts } from '../../support/processes/free-port.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A real directory and a real enrolled device, each with all it keeps on disk below one folder. */
export interface Stage {
  /** The directory's data folder, and the folder of the device: `state`, `run`, `log`. */
  readonly data: string
  readonly device: string
  startDirectory(env?: Readonly<Record<string, string>>): Promise<ServingDirectory>
  startDaemon(env?: Readonly<Record<string, string>>): DaemonProcess
}

const QUIET = ['posture', 'discovery', 'processes'].flatMap((name) => [`--schedules-${name}`, '0 0 1 1 *'])

/** Makes stages below a folder, each in one of its own. */
export function stagesIn(folder: string): () => Promise<Stage> {
  let stages = 0
  return async () => {
    const path = join(folder, String(++stages))
    mkdirSync(path, { mode: 0o700 })
    return await setStage(path)
  }
}

export async function setStage(folder: string): Promise<Stage> {
  const [data, device] = [join(folder, 'directory'), join(folder, 'device')]
  const { devices, api } = await freePorts()
  const fixed = [
    '--devices-port',
    String(devices),
    '--api-port',
    String(api),
    '--console-port',
    '0',
    '--names',
    'localhost,127.0.0.1',
  ]
  mkdirSync(join(device, 'log'), { recursive: true, mode: 0o700 })
  return {
    data,
    device,
    startDirectory: (env = {}) =>
      serveDirectory(data, [...fixed, '--log-file', join(folder, 'directory.log')], undefined, env),
    startDaemon: (env) => startDaemonIn(device, env),
  }
}

export function startDaemonIn(device: string, env?: Readonly<Record<string, string>>): DaemonProcess {
  const log = ['--log-file', join(device, 'log', 'suretyd.log')]
  return daemonProcess({ folder: device, args: ['--keys', 'software', ...log, ...QUIET], ...(env && { env }) })
}

export async function enrol({ data, device }: Stage): Promise<void> {
  const request = { owner: 'ada@example.org', minimumTier: 'software' }
  const created = await apiClient(profileOf(data)).ask('POST', '/tokens', createdTokenReader, request)
  writeFileSync(join(device, 'enrolment'), created.enrolment, { mode: 0o600 })
}

/** The version of the catalogue that `handOut` has devices use. */
export const HANDED_OUT = 1_000_000

/** A catalogue, and version 1 of the policy of the gate. */
export async function handOut({ data }: Stage): Promise<void> {
  const catalogue = JSON.stringify({ ...builtInCatalogue(), version: HANDED_OUT })
  const api = apiClient(profileOf(data))
  await call(api, distributed, 'set', { body: { catalogue } })
  await api.ask('PUT', '/gate-policy', gatePolicyText.viewReader, { gatePolicy: `${DEFAULT_GATE_TEXT}// ours\n` })
}

const socketOf = (device: string) => join(device, 'run', 'control.sock')

export function statusOf(device: string): Promise<Status> {
  return statusAt(socketOf(device))
}

/** @throws when it does not hold in time, with the last status; when the daemon ends. */
export async function untilStatus(
  device: string,
  daemon: DaemonProcess,
  holds: (status: Status) => boolean,
): Promise<Status> {
  const ended = daemon.exit.then((exit) => {
    throw new Error(`the daemon ended with ${exit}: ${daemon.stderr()}`)
  })
  // Told by the race below, where that is still on.
  ended.catch(() => undefined)
  let last: Status | undefined
  const look = async () => {
    const seen = await Promise.race([statusOf(device).catch(() => undefined), ended])
    last = seen ?? last
    return seen !== undefined && holds(seen) && seen
  }
  const log = () => readFileSync(join(device, 'log', 'suretyd.log'), 'utf8').slice(-2_000)
  return await waitFor(`a status (${holds})`, look, { everyMs: 50, show: () => `${brief(last)}\n${log()}` })
}

/** What it did with the order is evidence, whatever it finds. */
export async function orderCollection({ data }: Stage, device: string): Promise<void> {
  const order = { kind: 'collect', reason: 'test' }
  await apiClient(profileOf(data)).ask('POST', `/devices/${device}/orders`, deviceOrderReader, order)
}

/** Writes evidence, whatever else is the matter: a new daemon finds everything anew. */
export async function settledDaemon(stage: Stage, daemon: DaemonProcess): Promise<Status> {
  return await untilStatus(
    stage.device,
    daemon,
    ({ spool, findings, directory }) =>
      directory.connected && spool.sequence > 0 && spool.waiting === 0 && findings.length > 0,
  )
}

export const codesOf = ({ health }: Status): readonly string[] => health.map(({ code }) => code)

export async function kill(
  program: { kill(signal: NodeJS.Signals): void } & (
    | { readonly exit: Promise<unknown> }
    | { readonly ended: Promise<unknown> }
  ),
): Promise<void> {
  program.kill('SIGKILL')
  await ('exit' in program ? program.exit : program.ended)
}

/** All regular files below a folder, by their path in it. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

export function copyFolder(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  cpSync(from, to, { recursive: true, preserveTimestamps: true, filter: (path) => !path.endsWith('.sock') })
}
