import { createHash } from 'node:crypto'
import { Zip, ZipDeflate } from 'fflate'
import { SuretyError } from '../../base/errors.ts'
import type { NewFile } from '../../system/files/own/new-file.ts'

export interface ReportFile {
  readonly name: string
  readonly bytes: number
  /** Hexadecimal digits. */
  readonly sha256: string
}

/** What the numbers of the format hold without its extension for large files. */
const MOST_BYTES = 0xffffffff

/** A zip that is written as its files come. One piece of a file is held at a time. */
export class ReportZip {
  readonly files: ReportFile[] = []
  readonly #file: NewFile
  readonly #mtime: number
  readonly #most: number
  #ready: Uint8Array[] = []
  #written = 0
  readonly #zip = new Zip((error, bytes) => {
    if (error !== null) throw error
    this.#ready.push(bytes)
  })

  constructor(file: NewFile, { mtime, most = MOST_BYTES }: { readonly mtime: number; readonly most?: number }) {
    this.#file = file
    this.#mtime = mtime
    this.#most = most
  }

  /** @throws `INPUT_TOO_LARGE` for more than the format holds; what `parts` throws. */
  async add(name: string, parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const entry = new ZipDeflate(name, { level: 6 })
    entry.mtime = this.#mtime
    this.#zip.add(entry)
    const sum = createHash('sha256')
    let bytes = 0
    for await (const part of parts) {
      sum.update(part)
      bytes += part.length
      if (bytes > this.#most) throw this.#tooLarge()
      entry.push(part)
      await this.#write()
    }
    entry.push(new Uint8Array(), true)
    await this.#write()
    this.files.push({ name, bytes, sha256: sum.digest('hex') })
  }

  async finish(): Promise<void> {
    this.#zip.end()
    await this.#write()
  }

  async #write(): Promise<void> {
    const ready = this.#ready
    this.#ready = []
    for (const bytes of ready) {
      this.#written += bytes.length
      if (this.#written > this.#most) throw this.#tooLarge()
      await this.#file.append(bytes)
    }
  }

  #tooLarge(): SuretyError {
    return new SuretyError('INPUT_TOO_LARGE', `a report has at most ${this.#most} bytes: choose a shorter period`)
  }
}
