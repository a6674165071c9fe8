import { join } from 'node:path'
import { fromUtf8, toBase64Url } from '../../../../src/base/bytes.ts'
import { sha256 } from '../../../../src/crypto/hash.ts'
import { readIfPresent } from '../../../../src/system/files/own/durable-file.ts'
import { type Line, lastDone } from '../said.ts'

/** A text that says itself whether it is whole. */
export function sealed(value: unknown): string {
  const text = JSON.stringify(value)
  return `${toBase64Url(sha256(text))}\n${text}`
}

/** @returns what is wrong with two files that were replaced until the power was cut. */
export async function checkDurableFiles(folder: string, said: readonly Line[]): Promise<string[]> {
  const wrong: string[] = []
  for (const name of ['one', 'two']) {
    const bytes = await readIfPresent(join(folder, name), { maxBytes: 100_000, ownerOnly: true })
    const { done, possible } = lastDone(said, name)
    if (bytes === undefined) {
      if (done !== undefined) wrong.push(`lost: file ${name}`)
      continue
    }
    const text = fromUtf8(bytes)
    const [seal, content = ''] = text.split('\n')
    if (seal !== toBase64Url(sha256(content))) wrong.push(`half-written: file ${name}, ${bytes.length} bytes`)
    else if (!possible.some((line) => line.text === text)) wrong.push(`lost: file ${name} is an older one`)
  }
  return wrong
}
