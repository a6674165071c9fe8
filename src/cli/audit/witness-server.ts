import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { MAX_NOTE_LENGTH } from '../../tlog/notes.ts'
import type { Witness, WitnessAnswer } from './witness.ts'
import { originHash } from './witness-state.ts'

/** A witness over HTTP: C2SP tlog-witness, `add-checkpoint` and the retrieval for monitors. What is public needs no TLS. */

/** A note, 64 lines before it, and what UTF-8 adds to names. */
const MAX_BODY_BYTES = 2 * MAX_NOTE_LENGTH
const MAX_CONNECTIONS = 100
const HEADERS_MS = 10_000
const REQUEST_MS = 20_000
const IDLE_MS = 60_000
const CHECKPOINT_PATH = /^\/([0-9a-f]{64})\/checkpoint$/

export interface WitnessServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
}

export interface WitnessServerInit {
  readonly witness: Witness
  readonly host: string
  /** 0 for any. */
  readonly port: number
  /** After each answer to `add-checkpoint`. */
  readonly onAnswer: (status: number) => void
  /** What was answered with 500. */
  readonly onFailure: (error: unknown) => void
}

/** @throws `SOCKET_IN_USE`; `CONFIG_INVALID` for an address that this machine does not have. */
export async function startWitnessServer(init: WitnessServerInit): Promise<WitnessServer> {
  const server = createServer({
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    maxHeaderSize: 8192,
  })
  server.maxConnections = MAX_CONNECTIONS
  server.on('request', (request, response) => {
    answer(request, response, init).catch((error: unknown) => {
      init.onFailure(error)
      if (!response.headersSent) send(response, 500, 'this witness cannot write its state\n')
      response.end()
    })
  })
  const { host, port } = init
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const errno = errnoOf(cause)
    const code = errno === 'EADDRINUSE' ? 'SOCKET_IN_USE' : 'CONFIG_INVALID'
    throw new SuretyError(code, `cannot listen on ${host}:${port}: ${errno ?? 'failed'}`, { cause })
  }
  return { host, port: portOf(server), [Symbol.asyncDispose]: () => close(server) }
}

async function answer(request: IncomingMessage, response: ServerResponse, init: WitnessServerInit): Promise<void> {
  const { witness, onAnswer } = init
  const { url = '', method } = request
  if (url === '/add-checkpoint') {
    if (method !== 'POST') return send(response, 405, 'POST\n', { allow: 'POST' })
    const body = await bodyOf(request)
    if (body === undefined) return send(response, 413, 'the request is too large\n', { connection: 'close' })
    const answered = await witness.addCheckpoint(body)
    onAnswer(answered.status)
    return sendAnswer(response, answered)
  }
  const [, hash] = CHECKPOINT_PATH.exec(url) ?? []
  const origin = witness.origins.find((one) => originHash(one) === hash)
  const last = origin === undefined ? undefined : witness.checkpointOf(origin)
  if (last === undefined) return send(response, 404, 'there is nothing here\n')
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'GET\n', { allow: 'GET' })
  send(response, 200, last.note)
}

function sendAnswer(response: ServerResponse, { status, body, contentType }: WitnessAnswer): void {
  send(response, status, body, contentType === undefined ? {} : { 'content-type': contentType })
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}

/** @returns undefined for one that is too large. The rest of it is not read. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a request is bytes')
    size += chunk.length
    if (size > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
