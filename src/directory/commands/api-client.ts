import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { fromUtf8 } from '../../base/bytes.ts'
import { type ErrorCode, SuretyError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import type { Reader } from '../../base/schema.ts'
import { type AdministratorProfile, API_BASE, apiErrorReader } from '../../protocol/api-common.ts'

/** What the commands ask of a running directory; its certificate must come from the CA of the profile, and no other. */
export interface ApiClient {
  /** @throws `DIRECTORY_UNREACHABLE`, `PIN_MISMATCH`, `INPUT_MALFORMED`, and the refusals of the API. */
  ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, answer: Reader<T>, body?: object): Promise<T>
}

const MAX_BYTES = 32 * 1024 * 1024
const TIMEOUT_MS = 30_000

export function apiClient(profile: AdministratorProfile): ApiClient {
  return {
    async ask(method, path, answer, body) {
      const { status, text } = await exchange(profile, method, path, body)
      const value = parseJson(text, { maxBytes: MAX_BYTES, maxDepth: 16 })
      if (status >= 400) throw refusalFrom(value)
      return answer.read(value)
    },
  }
}

function exchange(
  { url, ca, token }: AdministratorProfile,
  method: string,
  path: string,
  body: object | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  const sent = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const asked = request(
      `${url}${API_BASE}${path}`,
      {
        method,
        ca,
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(sent === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }),
        },
      },
      (response) => {
        collect(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject)
      },
    )
    asked.on('error', (cause) => reject(failureOf(url, cause)))
    asked.end(sent)
  })
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a response is bytes')
    size += chunk.length
    if (size > MAX_BYTES) throw new SuretyError('INPUT_TOO_LARGE', 'the answer of the directory is too large')
    chunks.push(chunk)
  }
  return fromUtf8(Buffer.concat(chunks))
}

function failureOf(url: string, cause: Error): SuretyError {
  const code = 'code' in cause ? String(cause.code) : cause.name
  // OpenSSL's names of what is wrong with a certificate, and Node's own for its names.
  if (/CERT|ISSUER|SIGNATURE|ALTNAME|SELF_SIGNED/.test(code)) {
    const message = `the server at ${url} does not have a certificate of the CA in the profile (${code})`
    return new SuretyError('PIN_MISMATCH', message, { cause })
  }
  return new SuretyError('DIRECTORY_UNREACHABLE', `no directory answers at ${url} (${code})`)
}

/** Refusals that a command has something of its own to say about. */
const KNOWN: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'NOT_FOUND',
  'DEVICE_UNKNOWN',
  'DEVICE_RETIRED',
  'TOKEN_UNKNOWN',
  'TOKEN_USED',
  'CONFLICT',
  'QUOTA_EXCEEDED',
]

function refusalFrom(value: unknown): SuretyError {
  const { error } = apiErrorReader.read(value)
  const code = KNOWN.find((one) => one === error.code) ?? 'INPUT_MALFORMED'
  return new SuretyError(code, `the directory refused (${error.code}): ${error.message}`)
}
