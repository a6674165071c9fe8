import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readIfPresent, writeDurably } from '../system/files/own/durable-file.ts'
import type { KeptNotices } from './tray/desktop-notices.ts'

/** One id a line, the oldest first. */
const MAX_BYTES = 64 * 1024

/** The notices that a user has seen, in a file of that user. Without a path nothing is kept. */
export function keptNotices(path: string | undefined): KeptNotices {
  if (path === undefined) return { read: async () => [], write: async () => undefined }
  return {
    async read() {
      // A notice that comes twice is better than none.
      const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES }).catch(() => undefined)
      return bytes === undefined ? [] : new TextDecoder().decode(bytes).split('\n').filter(Boolean)
    },
    async write(ids) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeDurably(path, new TextEncoder().encode(ids.map((id) => `${id}\n`).join('')), { mode: 0o600 })
    },
  }
}
