import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { list } from '../../../src/admin/nouns/call.ts'
import { type Reader, reader, type TSchema, Type } from '../../../src/base/schema.ts'
import { reEnrolments } from '../../../src/protocol/nouns/enrolment/re-enrolments.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { openDatabase, type Row } from '../../../src/system/sqlite/sqlite.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { type ServingDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { bundlePrograms } from '../../support/processes/bundle-programs.ts'
import { freePorts } from '../../support/processes/free-port.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { ChildAnswer, ChildRequest } from './child-lines.ts'

/** A directory and a daemon in processes of their own, whose folders can be put back to what they were. */

const SOURCES = {
  directory: resolve(import.meta.dirname, '../../../src/main-directory.ts'),
  daemon: resolve(import.meta.dirname, 'daemon-child.ts'),
} as const
export type Programs = Readonly<Record<keyof typeof SOURCES, string>>

/** They are started many times. */
export function bundledPrograms(folder: string): Promise<Programs> {
  return bundlePrograms(SOURCES, { folder })
}

const FOLDER = process.env.TMPDIR === undefined && existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const anything = <S extends TSchema>(schema: S): Reader<unknown> => reader(schema, { name: 'answer', limits: WIDE })
const WIDE = { maxBytes: 1024 * 1024, maxDepth: 16 }

export interface Event {
  readonly kind: string
  readonly device?: string
  readonly facts: Record<string, unknown>
}

export interface Order {
  readonly id: string
  readonly number: number
  readonly status: string
}

export class Stage implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(FOLDER, 'surety-rollback-'))
  readonly #ports: readonly string[]
  readonly #spoolBytes: number
  readonly #programs: Programs
  #directory: ServingDirectory | undefined
  #daemon: DaemonChild | undefined

  private constructor(programs: Programs, ports: readonly string[], spoolBytes: number) {
    this.#programs = programs
    this.#ports = ports
    this.#spoolBytes = spoolBytes
    mkdirSync(this.state, { mode: 0o700 })
  }

  /** With a device that has told `batches`, all acknowledged. */
  static async set(
    programs: Programs,
    { batches, spoolBytes = 8 * 1024 * 1024 }: { readonly batches: number; readonly spoolBytes?: number },
  ): Promise<Stage> {
    const { devices, api } = await freePorts()
    const stage = new Stage(
      programs,
      ['--devices-port', String(devices), '--api-port', String(api), '--console-port', '0'],
      spoolBytes,
    )
    try {
      await stage.startDirectory()
      await stage.giveToken()
      await stage.startDaemon()
      await stage.daemon.until(({ enrolment, directory }) => enrolment === 'enrolled' && directory.connected)
      await stage.daemon.tell(batches)
      await stage.drained()
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
    return stage
  }

  get data(): string {
    return join(this.#folder, 'directory')
  }

  get state(): string {
    return join(this.#folder, 'state')
  }

  get daemon(): DaemonChild {
    if (this.#daemon === undefined) throw new Error('the daemon does not run')
    return this.#daemon
  }

  async startDirectory(): Promise<void> {
    this.#directory = await serveDirectory(
      this.data,
      ['--names', 'localhost,127.0.0.1', ...this.#ports],
      this.#programs.directory,
    )
  }

  async stopDirectory(): Promise<void> {
    await this.#directory?.[Symbol.asyncDispose]()
    this.#directory = undefined
  }

  async startDaemon(): Promise<void> {
    this.#daemon = new DaemonChild(this.#programs.daemon, this.state, this.#spoolBytes)
  }

  /** kill -9: nothing is put in order before. */
  async killDaemon(): Promise<void> {
    await this.#daemon?.kill()
    this.#daemon = undefined
  }

  /** Both must not run. */
  copy(what: 'directory' | 'state', name: string): void {
    cpSync(join(this.#folder, what), join(this.#folder, `${what}-${name}`), {
      recursive: true,
      preserveTimestamps: true,
    })
  }

  restore(what: 'directory' | 'state', name: string, file?: string): void {
    const [from, to] = [join(this.#folder, `${what}-${name}`, file ?? ''), join(this.#folder, what, file ?? '')]
    for (const suffix of file === undefined ? [''] : ['', '-wal', '-shm', '-witness'])
      rmSync(to + suffix, { recursive: true, force: true })
    if (existsSync(from)) cpSync(from, to, { recursive: true, preserveTimestamps: true })
    const wal = `${from}-wal`
    if (file !== undefined && existsSync(wal)) cpSync(wal, `${to}-wal`)
  }

  /** Resolves once all that the daemon has told is acknowledged, by the directory that runs now. */
  async drained(): Promise<void> {
    const { device } = await this.daemon.until(
      ({ spool, directory }) => directory.connected && spool.sequence > 0 && spool.waiting === 0,
    )
    const { sequence } = (await this.daemon.status()).spool
    const path = `/devices/${device?.id}`
    const head = async () => ((await this.ask('GET', path)) as { head: { sequence: number } }).head.sequence
    await waitFor(`batch ${sequence}`, head, { until: (known) => known >= sequence })
  }

  ask(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    return apiClient(profileOf(this.data)).ask(method, path, anything(Type.Unknown()), body)
  }

  async giveToken(): Promise<void> {
    const request = { owner: 'ada@example.org', minimumTier: 'software' }
    const { enrolment } = await apiClient(profileOf(this.data)).ask('POST', '/tokens', createdTokenReader, request)
    writeFileSync(join(this.state, 'enrolment'), enrolment, { mode: 0o600 })
  }

  /** A new token, and a human's word once the device waits for it. */
  async enrolAnew(): Promise<void> {
    await this.killDaemon()
    await this.giveToken()
    await this.startDaemon()
    await this.daemon.until(({ enrolment }) => enrolment === 'pending')
    const { items } = await list(apiClient(profileOf(this.data)), reEnrolments, { status: 'pending' })
    for (const { id } of items) await this.ask('POST', `/re-enrolments/${id}/approve`)
    await this.daemon.until(({ enrolment, directory }) => enrolment === 'enrolled' && directory.connected)
  }

  async order(device: string): Promise<Order> {
    return (await this.ask('POST', `/devices/${device}/orders`, { kind: 'collect', reason: 'a test' })) as Order
  }

  /** Resolves once all orders were answered. */
  async answered(device: string): Promise<readonly Order[]> {
    const orders = async () => ((await this.ask('GET', `/devices/${device}/orders`)) as { items: Order[] }).items
    return await waitFor('answers', orders, { until: (items) => items.every(({ status }) => status !== 'pending') })
  }

  /** Of what goes wrong or heals, oldest first. */
  async events(): Promise<readonly Event[]> {
    const { items } = (await this.ask('GET', '/events?limit=500')) as { items: Event[] }
    const kinds = ['forked', 'gap', 'evidence-forgotten', 'order-number-raised', 'attestation-refused']
    return items.filter(({ kind }) => kinds.includes(kind)).toReversed()
  }

  /** The directory must not run. */
  rows(sql: string): readonly Row[] {
    using database = openDatabase(join(this.data, 'directory.sqlite'), { readOnly: false })
    return database.prepare(sql).all()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killDaemon()
    await this.stopDirectory()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export class DaemonChild {
  readonly #child
  readonly #answers: AsyncIterator<string>
  #stderr = ''

  constructor(script: string, state: string, spoolBytes: number) {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', script, state, String(spoolBytes)],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
      },
    )
    child.stdin.on('error', () => undefined)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    this.#child = child
  }

  async ask(request: ChildRequest): Promise<ChildAnswer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`)
    const { done, value } = await this.#answers.next()
    if (done === true) throw new Error(`the daemon ended: ${this.#stderr}`)
    return JSON.parse(value)
  }

  async status(): Promise<ChildAnswer['status']> {
    return (await this.ask({ ask: 'status' })).status
  }

  /** @returns the newest detail. */
  async tell(batches: number): Promise<string> {
    return (await this.ask({ ask: 'tell', batches })).lastDetail
  }

  async until(holds: (status: ChildAnswer['status']) => boolean): Promise<ChildAnswer['status']> {
    return await waitFor('status', () => this.status(), { until: holds, withinMs: 180_000 })
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'close')
  }
}
