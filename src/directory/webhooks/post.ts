import { type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { describeError } from '../../base/errors.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { type ReceiverInit, receiverOf } from './receivers.ts'

/** Sends one message. Redirects are not followed, and the answer is not looked at beyond its status. */

export interface Outcome {
  readonly delivered: boolean
  readonly status?: number
  readonly problem?: string
  /** The receiver asks to wait: `Retry-After` in milliseconds. */
  readonly waitMs?: number
}

export interface Posted {
  readonly url: string
  readonly ca?: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface PostInit extends ReceiverInit {
  /** For name, connection, TLS and answer together. */
  readonly timeoutMs: number
}

/** Of an answer. The rest is not read. */
const MOST_BYTES = 64 * 1024

/** Never throws: what goes wrong is the outcome. */
export async function post(message: Posted, init: PostInit, signal: AbortSignal): Promise<Outcome> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(init.timeoutMs)])
  try {
    return outcomeOf(await answerTo(message, init, until))
  } catch (error) {
    const problem = until.aborted && !signal.aborted ? `no answer within ${init.timeoutMs / 1000} s` : reasonOf(error)
    return { delivered: false, problem: problem.slice(0, 500) }
  }
}

function reasonOf(error: unknown): string {
  const errno = errnoOf(error)
  const said = describeError(error)
  return errno === undefined || said.includes(errno) ? said : `${said} (${errno})`
}

async function answerTo({ url: text, ca, headers, body }: Posted, init: PostInit, signal: AbortSignal) {
  const url = new URL(text)
  const receiver = await receiverOf(url, init)
  signal.throwIfAborted()
  const options: RequestOptions & { readonly ca?: string } = {
    method: 'POST',
    agent: false,
    signal,
    // What was checked is what is connected to.
    lookup: (_host, { all }, done) =>
      all === true ? done(null, [receiver]) : done(null, receiver.address, receiver.family),
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    ...(ca === undefined ? {} : { ca }),
  }
  return await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = (url.protocol === 'http:' ? requestPlain : requestTls)(url, options, (response) => {
      drain(response).then(() => resolve(response), reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** A receiver may answer at length: the connection is closed then. */
async function drain(response: IncomingMessage): Promise<void> {
  let bytes = 0
  for await (const chunk of response) {
    bytes += Buffer.byteLength(chunk)
    if (bytes > MOST_BYTES) break
  }
}

function outcomeOf({ statusCode: status = 0, headers }: IncomingMessage): Outcome {
  if (status >= 200 && status < 300) return { delivered: true, status }
  const seconds = /^\d{1,5}$/.test(headers['retry-after'] ?? '') ? Number(headers['retry-after']) : undefined
  const problem = status >= 300 && status < 400 ? `status ${status}: redirects are not followed` : `status ${status}`
  return { delivered: false, status, problem, ...(seconds === undefined ? {} : { waitMs: seconds * 1000 }) }
}
