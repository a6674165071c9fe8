import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Serves an update repository to devices. All of it is public: what protects it are its signatures. */
export interface RepositoryServer {
  /** @returns false when the request is not for the repository. */
  serve(request: IncomingMessage, response: ServerResponse): boolean
}

const PREFIX = '/updates/'
/** The only paths that there are. None has a part that leads out of the folder. */
const PATH =
  /^(metadata\/(timestamp|[1-9]\d{0,15}\.(root|snapshot|targets))\.json|targets\/(channels|releases\/\d{1,5}\.\d{1,5}\.\d{1,5})\/[0-9a-f]{64}\.[a-z0-9-]{1,64}\.json|files\/[0-9a-f]{64}\.gz)$/
/** Downloads at once. Others are told to come again: a file has up to a hundred megabytes. */
const MAX_DOWNLOADS = 64
const RETRY_AFTER_SECONDS = 60
/** Nothing was taken for so long: the peer counts as gone. */
const IDLE_MS = 30_000

export function repositoryServer(init: { readonly folder: string }): RepositoryServer {
  let downloads = 0
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
    await pipeline(opened.createReadStream(), response)
  }
  return {
    serve(request, response) {
      const { url = '', method } = request
      if (!url.startsWith(PREFIX)) return false
      const path = url.slice(PREFIX.length)
      if (method !== 'GET') {
        response.writeHead(405, { allow: 'GET' }).end()
      } else if (!PATH.test(path)) {
        response.writeHead(404).end()
      } else if (downloads >= MAX_DOWNLOADS) {
        response.writeHead(503, { 'retry-after': String(RETRY_AFTER_SECONDS) }).end()
      } else {
        downloads += 1
        // The peer left, or the disk failed: either way nothing more can be said to it.
        send(path, response)
          .catch(() => response.destroy())
          .finally(() => {
            downloads -= 1
          })
      }
      return true
    },
  }
}
