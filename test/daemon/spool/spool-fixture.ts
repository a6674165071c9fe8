import { systemClock } from '../../../src/base/clock.ts'
import { openSpoolFiles } from '../../../src/daemon/spool/open-spool-files.ts'
import type { Spool } from '../../../src/daemon/spool/spool.ts'
import { unsignedBatch } from '../../support/daemon/unsigned-batch.ts'

export const OWNER = { device: 'dev_AAAAAAAAAAAAAAAAAAAAAA', epoch: 1 }
export const MAX_BYTES = 4_000

export const open = (folder: string, init: { maxBytes?: number; keepAcknowledgedBytes?: number } = {}) =>
  openSpoolFiles({ clock: systemClock }, { stateFolder: folder, maxBytes: MAX_BYTES, ...init })

export function chainOf(spool: Spool) {
  const { chain } = spool
  if (chain === undefined) throw new Error('the spool has no chain')
  return chain
}

export async function appendTo(spool: Spool, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await spool.append(unsignedBatch(chainOf(spool), text))
}
