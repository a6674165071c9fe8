import { type Bytes, toBase64Url } from '../../base/bytes.ts'
import type { IdKind } from '../../protocol/ids.ts'

export type Random = (bytes: number) => Bytes

/** A name that nobody can guess and nobody has had. */
export function newId(kind: IdKind, random: Random): string {
  return `${kind}_${toBase64Url(random(16))}`
}
