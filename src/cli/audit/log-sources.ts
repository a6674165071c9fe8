import { existsSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent as PlainAgent, request as requestPlain } from 'node:http'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import type { LogSource } from '../../archive/record/verify-log.ts'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'

/** Where a log is read from. */

const TIMEOUT_MS = 30_000

/** A copy of what a log serves. Entries are verified if it has any. */
export function folderSource(path: string): LogSource {
  return {
    hasEntries: existsSync(join(path, 'tile', 'entries')),
    async read(file, options) {
      const bytes = await readIfPresent(join(path, file), options)
      if (bytes === undefined) throw new SuretyError('NOT_FOUND', `the folder has no file ${file}`)
      return bytes
    },
  }
}

export interface AddressInit {
  /** Below it are `checkpoint` and `tile/`. */
  readonly url: string
  /** Certificates in PEM that the server's must come from; those of the system if absent. */
  readonly ca?: string | undefined
  /** Of an administrator who may read the record. */
  readonly token?: string | undefined
}

/** A log at an address. Whoever answers there: what counts are signatures. */
export function addressSource({ url, ca, token }: AddressInit): LogSource & Disposable {
  const base = url.replace(/\/*$/, '/')
  const isPlain = base.startsWith('http:')
  const agent = isPlain ? new PlainAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const get = (path: string, maxBytes: number): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const ask = isPlain ? requestPlain : request
      const options = { agent, headers, signal: AbortSignal.timeout(TIMEOUT_MS), ...(ca === undefined ? {} : { ca }) }
      const asked = ask(`${base}${path}`, options, (response) => {
        bodyOf(response, path, maxBytes).then(resolve, reject)
      })
      asked.on('error', (error) => {
        // The server may close an idle connection while it is used again.
        if (asked.reusedSocket && errnoOf(error) === 'ECONNRESET') resolve(get(path, maxBytes))
        else reject(error)
      })
      asked.end()
    })
  return {
    hasEntries: token !== undefined,
    async read(path, { maxBytes }) {
      try {
        return await get(path, maxBytes)
      } catch (cause) {
        if (cause instanceof SuretyError) throw cause
        const why = errnoOf(cause) ?? 'no answer'
        const advice = /CERT|SIGNED|ISSUER/.test(why) ? 'Give its certificates with --ca FILE.' : undefined
        throw new SuretyError('DIRECTORY_UNREACHABLE', `cannot read ${base}${path}: ${why}`, { cause, advice })
      }
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

async function bodyOf(response: IncomingMessage, path: string, maxBytes: number): Promise<Uint8Array> {
  const { statusCode = 0 } = response
  if (statusCode !== 200) {
    response.destroy()
    if (statusCode === 404) throw new SuretyError('NOT_FOUND', `the log does not serve ${path}`)
    if (statusCode === 401) throw new SuretyError('UNAUTHENTICATED', `the log does not take the token for ${path}`)
    if (statusCode === 403) throw new SuretyError('NOT_PERMITTED', `this token may not read ${path}`)
    throw new SuretyError('DIRECTORY_UNREACHABLE', `the log answers ${path} with ${statusCode}`)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a response is bytes')
    size += chunk.length
    if (size > maxBytes) throw new SuretyError('INPUT_TOO_LARGE', `${path} has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
