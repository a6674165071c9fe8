import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { requireTrustedProgramFile } from '../../system/files/own/trusted-code.ts'
import type { ConsoleFile, ConsoleFiles } from '../http/files.ts'

/** The files of the console that `npm run build` or `npm start` made. All are read at start: a request never reaches the disk. */

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/** The names of files below it have a hash of their content. */
const HASHED = '/assets/'
const FOREVER = 'public, max-age=31536000, immutable'

const IS_CHECKOUT = import.meta.filename.endsWith('.ts')

/** Undefined where none were built. */
export function builtConsoleFolder(): string | undefined {
  const candidates = IS_CHECKOUT
    ? [join(import.meta.dirname, '../../../.build/console')]
    : // Beside the bundle, or above its chunks.
      [join(import.meta.dirname, 'console'), join(import.meta.dirname, '../console')]
  return candidates.find((folder) => existsSync(join(folder, 'index.html')))
}

/** @throws `CONFIG_INVALID` for a file that another user could have written. */
export function readConsoleFiles(folder: string): ConsoleFiles {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => TYPES[extname(name)])
  const files = new Map(
    names.map((name) => {
      const path = `/${name.replaceAll(sep, '/')}`
      return [path, readConsoleFile(join(folder, name), path)]
    }),
  )
  return { find: (path) => files.get(path === '/' ? '/index.html' : path) }
}

function readConsoleFile(file: string, path: string): ConsoleFile {
  const body = readTrusted(file)
  return {
    body,
    headers: {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'cache-control': path.startsWith(HASHED) ? FOREVER : 'no-cache',
      etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
    },
    encoded: { br: readTrusted(`${file}.br`), gzip: readTrusted(`${file}.gz`) },
  }
}

function readTrusted(file: string): Uint8Array {
  requireTrustedProgramFile(file, 'CONFIG_INVALID')
  return readFileSync(file)
}
