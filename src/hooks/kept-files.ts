import { rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../base/bytes.ts'
import { codeOf, SuretyError } from '../base/errors.ts'
import { closed, counter, reader, type Static, Type, text } from '../base/schema.ts'
import type { HookClient } from '../protocol/gate/hook-clients.ts'
import { errnoOf } from '../system/files/file-errors.ts'
import { readIfPresent, writeDurably } from '../system/files/own/durable-file.ts'
import { syncFolder } from '../system/files/own/durable-folder.ts'
import { preparePrivateFolder } from '../system/files/own/prepare-folder.ts'
import { sealJson, unsealJson } from '../system/files/own/sealed-json.ts'
import { DEFAULT_PATHS } from '../system/platform/default-paths.ts'
import { MAX_FILE_BYTES, missingAbove } from './trusted-place.ts'

/** What was in the place of a client's file before, kept with what was written there. On disk before the file is changed. */
const keptSchema = closed({
  schema: Type.Literal('surety/kept-hook-file@1'),
  /** Without the root. */
  file: text(4096),
  /** Absent when there was no file. */
  original: Type.Optional(closed({ bytes: Type.String(), mode: counter() })),
  /** Those that were made for the file, without the root, the outermost first. */
  folders: Type.Array(text(4096)),
  /** SHA-256 of what was written, in base64url. The second is what a further install was about to replace. */
  written: Type.Array(text(64)),
})
type Kept = Omit<Static<typeof keptSchema>, 'schema' | 'original'>

export interface KeptFile extends Kept {
  readonly original?: { readonly bytes: Uint8Array; readonly mode: number }
}

/** Beyond the bytes of a file in base64url. */
const MAX_BYTES = 2 * MAX_FILE_BYTES
const LIMITS = { maxBytes: MAX_BYTES, maxDepth: 4 }
const keptReader = reader(keptSchema, { name: 'kept file', limits: LIMITS })
/** Asks for a gate before the first file is kept. */
const WANTED = 'gate-wanted'
/** Below the state folder of suretyd. The setting that moves this folder does not move these: without them nothing can be restored. */
const FOLDER = `${DEFAULT_PATHS.linux.daemon.stateFolder}/hooks`

export class KeptFiles {
  readonly #root: string
  readonly #folder: string

  constructor(root: string) {
    this.#root = root
    this.#folder = join(root, FOLDER)
  }

  /** @throws `STORE_CORRUPT`, `FILE_IS_LINK`, `NOT_PERMITTED`, and as `readTrustedPlace`. */
  async read(client: HookClient): Promise<KeptFile | undefined> {
    const path = this.#pathOf(client)
    if (missingAbove(this.#root, `${FOLDER}/x`).length > 0) return undefined
    const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES, ownerOnly: true })
    if (bytes === undefined) return undefined
    try {
      const { schema: _, original, ...kept } = keptReader.read(unsealJson(fromUtf8(bytes), LIMITS))
      if (original === undefined) return kept
      const content = fromBase64Url(original.bytes)
      if (content === undefined) throw new SuretyError('INPUT_MALFORMED', 'not base64url')
      return { ...kept, original: { bytes: content, mode: original.mode } }
    } catch (cause) {
      const message = `${JSON.stringify(path)} is damaged, so ${client} cannot be restored: edit its file by hand, then remove this one`
      throw new SuretyError('STORE_CORRUPT', message, { cause })
    }
  }

  /** From now on suretyd runs a gate. @throws as `write`. */
  async wantGate(): Promise<void> {
    await this.#prepare()
    await writeDurably(join(this.#folder, WANTED), utf8(''), { mode: 0o600 })
  }

  /** A gate runs while a file is kept. @throws `STORE_FAILED`. */
  async wantNoGate(): Promise<void> {
    await removeDurably(join(this.#folder, WANTED))
    await rmdir(this.#folder).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error
    })
  }

  /** @throws `STORE_FAILED`, and as `readTrustedPlace`. */
  async write(client: HookClient, { original, ...kept }: KeptFile): Promise<void> {
    await this.#prepare()
    const before = original && { original: { bytes: toBase64Url(original.bytes), mode: original.mode } }
    const document = { schema: 'surety/kept-hook-file@1', ...kept, ...before }
    await writeDurably(this.#pathOf(client), utf8(sealJson(document)), { mode: 0o600 })
  }

  /** @throws `STORE_FAILED`. */
  async remove(client: HookClient): Promise<void> {
    await removeDurably(this.#pathOf(client))
  }

  async #prepare(): Promise<void> {
    const [first] = missingAbove(this.#root, FOLDER)
    if (first !== undefined && first !== join(this.#root, FOLDER, '..')) {
      throw new SuretyError(
        'STORE_FAILED',
        `there is no folder ${JSON.stringify(first)}: make it, or give the root of a whole system`,
      )
    }
    await preparePrivateFolder(this.#folder, { name: 'state folder', depth: 0, readable: 'closed' })
  }

  #pathOf(client: HookClient): string {
    return join(this.#folder, `${client}.json`)
  }
}

async function removeDurably(path: string): Promise<void> {
  try {
    await unlink(path)
    await syncFolder(dirname(path))
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return
    const message = `cannot remove ${JSON.stringify(path)}: ${errnoOf(cause) ?? codeOf(cause) ?? 'failed'}`
    throw new SuretyError('STORE_FAILED', message, { cause })
  }
}
