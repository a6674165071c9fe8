import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { networkOf } from '../../base/text/network-of.ts'

/** Serves an update repository to devices. All of it is public: what protects it are its signatures. */
export interface RepositoryServer {
  /** @returns false when the request is not for the repository. */
  serve(request: IncomingMessage, response: ServerResponse): boolean
}

const PREFIX = '/updates/'
/** The only paths that there are. None has a part that leads out of the folder. */
const PATH =
  /^(metadata\/(timestamp|[1-9]\d{0,15}\.(root|snapshot|targets))\.json|targets\/(channels|releases\/\d{1,5}\.\d{1,5}\.\d{1,5})\/[0-9a-f]{64}\.[a-z0-9-]{1,64}\.json|files\/[0-9a-f]{64}\.gz)$/
const RETRY_AFTER_SECONDS = 60
/** Nothing was taken for so long: the peer counts as gone. */
const IDLE_MS = 30_000
/** As patient as a device, which ends a download that is slower than this on the average after the first minute. */
const PATIENCE = { leastMs: 60_000, leastBytesPerSecond: 8 * 1024 }

export interface RepositoryServerInit {
  readonly folder: string
  /** At once, in total and to one address. A file has up to a hundred megabytes. */
  readonly downloads: number
  readonly downloadsPerAddress: number
  /** For tests. */
  readonly patience?: typeof PATIENCE
}

export function repositoryServer(init: RepositoryServerInit): RepositoryServer {
  const { leastMs, leastBytesPerSecond } = init.patience ?? PATIENCE
  let downloads = 0
  const byNetwork = new Map<string, number>()
  const count = (network: string, change: 1 | -1) => {
    const own = (byNetwork.get(network) ?? 0) + change
    downloads += change
    if (own > 0) byNetwork.set(network, own)
    else byNetwork.delete(network)
  }
  const send = async (path: string, response: ServerResponse) => {
    const file = await open(join(init.folder, path), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
    if (file === undefined) return void response.writeHead(404).end()
    await using opened = file
    const stat = await opened.stat()
    if (!stat.isFile()) return void response.writeHead(404).end()
    const isJson = path.endsWith('.json')
    response.writeHead(200, {
      'content-type': isJson ? 'application/json' : 'application/gzip',
      'content-length': stat.size,
      'cache-control': path === 'metadata/timestamp.json' ? 'no-cache' : 'max-age=86400',
    })
    response.setTimeout(IDLE_MS, () => response.destroy())
    const tooSlow = AbortSignal.timeout(leastMs + Math.ceil((stat.size / leastBytesPerSecond) * 1000))
    await pipeline(opened.createReadStream(), response, { signal: tooSlow })
  }
  return {
    serve(request, response) {
      const { url = '', method, socket } = request
      if (!url.startsWith(PREFIX)) return false
      const path = url.slice(PREFIX.length)
      const network = networkOf(socket.remoteAddress ?? '')
      const refuse = (status: 429 | 503) =>
        response.writeHead(status, { 'retry-after': String(RETRY_AFTER_SECONDS), connection: 'close' }).end()
      if (method !== 'GET') {
        response.writeHead(405, { allow: 'GET' }).end()
      } else if (!PATH.test(path)) {
        response.writeHead(404).end()
      } else if ((byNetwork.get(network) ?? 0) >= init.downloadsPerAddress) {
        refuse(429)
      } else if (downloads >= init.downloads) {
        refuse(503)
      } else {
        count(network, 1)
        // The peer left or is too slow, or the disk failed: in each case nothing more can be said to it.
        send(path, response)
          .catch(() => response.destroy())
          .finally(() => count(network, -1))
      }
      return true
    },
  }
}
