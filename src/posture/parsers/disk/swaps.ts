import { unescapeOctal } from '../../../system/mounts/mountinfo.ts'

/** One line of /proc/swaps. See proc_swaps(5). */
export interface Swap {
  readonly path: string
  readonly kind: 'partition' | 'file'
}

/** @returns undefined if the header or any line is not understood. */
export function parseSwaps(text: string): readonly Swap[] | undefined {
  const [header = '', ...lines] = text.split('\n')
  if (!/^Filename\s+Type\s+Size\s+Used\s+Priority\s*$/.test(header)) return undefined
  const swaps: Swap[] = []
  for (const line of lines) {
    if (line === '') continue
    const [, path, kind] = /^(\S+)\s+(partition|file)\s+\d+\s+\d+\s+-?\d+$/.exec(line) ?? []
    if (path === undefined || (kind !== 'partition' && kind !== 'file')) return undefined
    swaps.push({ path: unescapeOctal(path), kind })
  }
  return swaps
}
