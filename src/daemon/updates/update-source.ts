import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'
import { concatBytes } from '../../base/bytes.ts'
import { orAborted } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { toPortablePath } from '../../system/files/windows-path.ts'
import { requireAnsweringMount } from '../../system/mounts/hang-safe-files.ts'
import type { HangingMounts } from '../../system/mounts/mounts.ts'

/**
 * Where updates come from: the directory, a mirror over HTTPS, or a folder. Nothing that it sends is believed. It can only be slow,
 * endless or absent, and each of these has a bound here.
 */
export interface UpdateSource extends Disposable {
  /**
   * @returns undefined when there is no such file.
   * @throws `UPDATE_DAMAGED` for more than `maxBytes`; `DIRECTORY_UNREACHABLE`, also for a source that is too slow; `FILE_UNREADABLE`
   * for a folder on a mount that may never answer.
   */
  read(path: string, options: ReadOptions): Promise<Uint8Array | undefined>
  /** The same for a gzip file. What is unpacked goes to `take` chunk by chunk, at most `maxBytes` of it. */
  unpack(path: string, take: (chunk: Uint8Array) => Promise<void>, options: ReadOptions): Promise<boolean>
}

interface ReadOptions {
  readonly maxBytes: number
  readonly signal: AbortSignal
}

export interface UpdateSourceInit {
  /** `https://HOST/PATH/` or `file:///PATH/`. */
  readonly url: string
  /** PEM. The only trusted certificate authority; those of the system when absent. */
  readonly caCertificate?: string | undefined
  /** Mounts on which a folder is refused, for they may never answer. */
  readonly hanging?: HangingMounts | undefined
  /** For tests. */
  readonly patience?: { readonly idleMs: number; readonly leastMs: number; readonly leastBytesPerSecond: number }
}

/** Without a byte for so long, or slower than this on the average after the first minute, the source counts as gone. */
const PATIENCE = { idleMs: 30_000, leastMs: 60_000, leastBytesPerSecond: 8 * 1024 }

export function updateSource(init: UpdateSourceInit): UpdateSource {
  const { leastMs, leastBytesPerSecond } = init.patience ?? PATIENCE
  const { openBody, close } = init.url.startsWith('file:') ? folderSource(init) : httpsSource(init)
  const withBody = async <T>(
    path: string,
    { maxBytes, signal }: ReadOptions,
    use: (body: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<T | undefined> => {
    const slow = AbortSignal.timeout(leastMs + Math.ceil((maxBytes / leastBytesPerSecond) * 1000))
    const either = AbortSignal.any([signal, slow])
    try {
      await using body = await openBody(path, either)
      return body.bytes === undefined ? undefined : await use(body.bytes)
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof SuretyError) throw cause
      if (slow.aborted) throw new SuretyError('DIRECTORY_UNREACHABLE', `the source of updates is too slow: ${path}`)
      if (errnoOf(cause)?.startsWith('Z_') === true) {
        throw new SuretyError('UPDATE_DAMAGED', `${path} is not gzip, or is cut`, { cause })
      }
      throw new SuretyError('DIRECTORY_UNREACHABLE', `updates: ${errnoOf(cause) ?? describeError(cause)}`, { cause })
    }
  }
  return {
    async read(path, options) {
      return await withBody(path, options, async (body) => {
        const chunks: Uint8Array[] = []
        for await (const chunk of bounded(path, body, options.maxBytes)) chunks.push(chunk)
        return concatBytes(...chunks)
      })
    },
    async unpack(path, take, options) {
      const done = await withBody(path, options, async (body) => {
        // Compressed data that is hardly larger than what it unpacks to is all that can be.
        const packed = bounded(path, body, options.maxBytes + MOST_GROWTH_BYTES + options.maxBytes / 64)
        for await (const chunk of bounded(path, unzipped(packed), options.maxBytes)) await take(chunk)
        return true
      })
      return done === true
    },
    [Symbol.dispose]: close,
  }
}

const CHUNK_BYTES = 64 * 1024
/** gzip adds a head, and a few bytes for each block that it cannot make smaller. */
const MOST_GROWTH_BYTES = 4096

async function* bounded(path: string, body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) throw new SuretyError('UPDATE_DAMAGED', `${path} is larger than it may be`)
    yield chunk
  }
}

async function* unzipped(packed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip()
  const feed = (async () => {
    for await (const chunk of packed) {
      if (gunzip.destroyed) return
      if (!gunzip.write(chunk)) await new Promise<void>((resolve) => drained(gunzip, resolve))
    }
    gunzip.end()
  })().catch((error: unknown) => {
    gunzip.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    for await (const chunk of gunzip) yield chunk
  } finally {
    gunzip.destroy()
    await feed
  }
}

function drained(stream: NodeJS.EventEmitter, resolve: () => void): void {
  const over = () => {
    stream.off('drain', over)
    stream.off('close', over)
    resolve()
  }
  stream.on('drain', over)
  stream.on('close', over)
}

interface Body extends AsyncDisposable {
  /** Undefined when there is no such file. */
  readonly bytes: AsyncIterable<Uint8Array> | undefined
}

interface Opened {
  readonly openBody: (path: string, signal: AbortSignal) => Promise<Body>
  readonly close: () => void
}

function httpsSource({ url, caCertificate, patience = PATIENCE }: UpdateSourceInit): Opened {
  const { idleMs } = patience
  const agent = new Agent({ keepAlive: true, maxSockets: 1, timeout: idleMs })
  const openBody = async (path: string, signal: AbortSignal): Promise<Body> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(
        new URL(path, url),
        {
          agent,
          signal,
          timeout: idleMs,
          minVersion: 'TLSv1.2',
          rejectUnauthorized: true,
          ...(caCertificate === undefined ? {} : { ca: [caCertificate] }),
        },
        resolve,
      )
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
      sent.on('error', reject)
      sent.end()
    })
    const { statusCode = 0 } = response
    if (statusCode !== 200) response.resume()
    if (statusCode !== 200 && statusCode !== 404) {
      // A redirection too: it could lead a device anywhere.
      throw new SuretyError('DIRECTORY_UNREACHABLE', `the source of updates answers ${statusCode}`)
    }
    return {
      bytes: statusCode === 404 ? undefined : response,
      async [Symbol.asyncDispose]() {
        if (!response.complete) response.destroy()
      },
    }
  }
  return { openBody, close: () => agent.destroy() }
}

/** Calls that have not come back. Each keeps one of the four threads that Node has for files, so no second one joins it. */
let unanswered = 0

/** @throws the signal's reason once it aborts; `DIRECTORY_UNREACHABLE` while an earlier call has not come back. */
async function answered<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  if (unanswered > 0) {
    throw new SuretyError('DIRECTORY_UNREACHABLE', 'an earlier read of the mirror of updates has not come back')
  }
  unanswered += 1
  const work = call().finally(() => {
    unanswered -= 1
  })
  return await orAborted(work, signal)
}

async function* chunksOf(file: FileHandle, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(CHUNK_BYTES)
  for (;;) {
    const { bytesRead } = await answered(() => file.read(buffer, 0, buffer.length), signal)
    if (bytesRead === 0) return
    yield buffer.slice(0, bytesRead)
  }
}

function folderSource({ url, hanging }: UpdateSourceInit): Opened {
  const folder = fileURLToPath(url)
  const openFile = async (path: string, signal: AbortSignal): Promise<FileHandle | undefined> => {
    if (hanging !== undefined) requireAnsweringMount(plainPath(path), hanging)
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const opening = () => open(path, flags).then((file) => (signal.aborted ? void file.close() : file))
    return await answered(opening, signal).catch((cause: unknown) => {
      if (errnoOf(cause) === 'ENOENT') return undefined
      throw cause
    })
  }
  const openBody = async (path: string, signal: AbortSignal): Promise<Body> => {
    const at = join(folder, path)
    const file = await openFile(at, signal)
    if (file === undefined) return { bytes: undefined, async [Symbol.asyncDispose]() {} }
    const close = async () => {
      const closing = file.close()
      // It waits for a read that does not come back.
      await orAborted(closing, signal).catch(() => undefined)
    }
    if (!(await answered(() => file.stat(), signal)).isFile()) {
      await close()
      throw new SuretyError('FILE_NOT_REGULAR', `${JSON.stringify(at)} is not a regular file`)
    }
    return { bytes: chunksOf(file, signal), [Symbol.asyncDispose]: close }
  }
  return { openBody, close: () => undefined }
}

/** @throws `FILE_UNREADABLE` for what Windows takes for a share or a device. */
function plainPath(path: string): string {
  const plain = path.startsWith('/') ? path : toPortablePath(path)
  if (plain !== undefined) return plain
  throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} is not a plain path of a file on a drive`)
}
