import type { Status } from '../../../src/protocol/messages/control.ts'
import type { Stage } from './stage.ts'

export const codesOf = ({ health }: Status) => health.map(({ code }) => code)
export const idOf = async (stage: Stage) => (await stage.daemon.status()).device?.id ?? ''
export const kindsOf = async (stage: Stage) => (await stage.events()).map(({ kind }) => kind)

/** Each place of the chain once, linked: `undefined` when so. */
export function brokenAt(stage: Stage, epoch: number): unknown {
  let [sequence, hash] = [0, 'A'.repeat(43)]
  for (const row of stage.rows(`SELECT * FROM evidence WHERE epoch = ${epoch} ORDER BY sequence`)) {
    if (row.sequence !== sequence + 1 || row.previous !== hash) return row.sequence
    sequence = Number(row.sequence)
    hash = String(row.hash)
  }
  return undefined
}

/** Stops both, so that their folders can be copied and put back. */
export async function stop(stage: Stage): Promise<void> {
  await stage.killDaemon()
  await stage.stopDirectory()
}
