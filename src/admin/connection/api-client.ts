import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { fromUtf8 } from '../../base/bytes.ts'
import { codeOf, describeError, ERROR_CODES, SuretyError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import type { Reader } from '../../base/schema.ts'
import { type AdministratorProfile, API_BASE, problemReader } from '../../protocol/noun/answers.ts'
import { errnoOf } from '../../system/files/file-errors.ts'

/** What the commands ask of a running directory; its certificate must come from the CA of the profile, and no other. */
export interface ApiClient {
  /** @throws `DIRECTORY_UNREACHABLE`, `PIN_MISMATCH`, `CLOCK_OFF`, `INPUT_MALFORMED`, and the refusals of the API. */
  ask<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, answer: Reader<T>, body?: object): Promise<T>
}

/** Reads bytes below the root of the server, such as `/tlog/checkpoint`. @throws as `ApiClient.ask`. */
export type ReadAtRoot = (path: string) => Promise<Uint8Array>

const MAX_BYTES = 32 * 1024 * 1024
const TIMEOUT_MS = 30_000

export function apiClient(profile: AdministratorProfile, { timeoutMs = TIMEOUT_MS } = {}): ApiClient {
  return {
    async ask(method, path, answer, body) {
      const { status, bytes } = await exchange(profile, { method, path: `${API_BASE}${path}`, body, timeoutMs })
      if (status < 400) return readJson(profile, bytes, (value) => answer.read(value))
      throw readJson(profile, bytes, (value) => refusalFrom(value, path))
    },
  }
}

export function rootReader(profile: AdministratorProfile): ReadAtRoot {
  return async (path) => {
    const { status, bytes } = await exchange(profile, { method: 'GET', path, body: undefined, timeoutMs: TIMEOUT_MS })
    if (status < 400) return bytes
    throw readJson(profile, bytes, (value) => refusalFrom(value, path))
  }
}

function readJson<T>({ url }: AdministratorProfile, bytes: Uint8Array, read: (value: unknown) => T): T {
  try {
    return read(parseJson(fromUtf8(bytes), { maxBytes: MAX_BYTES, maxDepth: 16 }))
  } catch (cause) {
    const what = `what answers at ${url} is no API of a directory, or one of another version`
    throw new SuretyError(codeOf(cause) ?? 'INPUT_MALFORMED', `${what}: ${describeError(cause)}`, { cause })
  }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body: object | undefined
  readonly timeoutMs: number
}

function exchange(
  { url, ca, token }: AdministratorProfile,
  { method, path, body, timeoutMs }: Asked,
): Promise<{ readonly status: number; readonly bytes: Uint8Array }> {
  const sent = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) => reject(failureOf(url, cause, { timeoutMs }))
    const asked = request(
      `${url}${path}`,
      {
        method,
        ca,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(sent === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }),
        },
      },
      (response) => {
        collect(response).then((bytes) => resolve({ status: response.statusCode ?? 0, bytes }), failed)
      },
    )
    asked.on('error', failed)
    asked.end(sent)
  })
}

async function collect(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a response is bytes')
    size += chunk.length
    if (size > MAX_BYTES) throw new SuretyError('INPUT_TOO_LARGE', 'the answer of the directory is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function failureOf(url: string, cause: unknown, { timeoutMs }: { readonly timeoutMs: number }): SuretyError {
  if (cause instanceof SuretyError) return cause
  const code = errnoOf(cause) ?? describeError(cause)
  if (code === 'ABORT_ERR') {
    const why = 'the directory is stopped, frozen or overloaded, or a firewall is in between'
    return new SuretyError('DIRECTORY_UNREACHABLE', `no answer from ${url} within ${timeoutMs / 1000} s: ${why}`, {
      cause,
    })
  }
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED') {
    const message = `the certificate of the server at ${url} is not valid by the clock of this machine (${code})`
    return new SuretyError('CLOCK_OFF', message, { cause })
  }
  // OpenSSL's names of what is wrong with a certificate, and Node's own for its names.
  if (/CERT|ISSUER|SIGNATURE|ALTNAME|SELF_SIGNED/.test(code)) {
    const message = `the server at ${url} does not have a certificate of the CA in the profile (${code})`
    return new SuretyError('PIN_MISMATCH', message, { cause })
  }
  return new SuretyError('DIRECTORY_UNREACHABLE', `no directory answers at ${url} (${code})`, { cause })
}

/** The lists of what a path names. */
const LISTS: Readonly<Record<string, string>> = {
  humans: 'people list',
  ...Object.fromEntries(
    [
      ...['accounts', 'administrators', 'agents', 'claims', 'devices', 'groups', 'inbox', 'preregistrations'],
      ...['re-enrolments', 'registrations', 'reviews', 'service-accounts', 'services', 'stops', 'tokens', 'webhooks'],
    ].map((noun) => [noun, `${noun} list`]),
  ),
}

/** What the path names is not there. A refusal may also be about what is in the query or the body. */
function listOf(path: string, { code, detail }: { readonly code: string; readonly detail: string }) {
  const [, noun = '', name = ''] = /^\/([^/?]+)\/([^/?]+)/.exec(path) ?? []
  const isNamed = name !== '' && detail.includes(decodeURIComponent(name))
  const list = isNamed && ['NOT_FOUND', 'DEVICE_UNKNOWN'].includes(code) ? LISTS[noun] : undefined
  return list === undefined ? undefined : `List them with: surety-directory ${list}`
}

/** The code of the directory, if this version knows it. The message never holds it twice. */
function refusalFrom(value: unknown, path: string): SuretyError {
  const problem = problemReader.read(value)
  const code = ERROR_CODES.find((one) => one === problem.code)
  if (code !== undefined) {
    return new SuretyError(code, `the directory refused: ${problem.detail}`, { advice: listOf(path, problem) })
  }
  const named = problem.code === 'INTERNAL' ? '' : ` (${problem.code})`
  return new SuretyError('INPUT_MALFORMED', `the directory refused${named}: ${problem.detail}`)
}
