import { counter, reader, Type } from '../../base/schema.ts'
import type { Chain } from './chain.ts'

export const hashSchema = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })
const chainRow = reader(
  Type.Object({
    device: Type.String(),
    epoch: counter(),
    floorSequence: counter(),
    floorHash: hashSchema,
    headSequence: counter(),
    headHash: hashSchema,
    acknowledgedSequence: counter(),
    acknowledgedHash: hashSchema,
    posture: hashSchema,
  }),
  { name: 'chain of the spool', code: 'STORE_CORRUPT' },
)

/** Parses the flat row in which a chain is stored. @throws `STORE_CORRUPT`. */
export function chainOfRow(row: Readonly<Record<string, unknown>>): Chain {
  const read = chainRow.read({ ...row })
  return {
    device: read.device,
    epoch: read.epoch,
    floor: { sequence: read.floorSequence, hash: read.floorHash },
    head: { sequence: read.headSequence, hash: read.headHash },
    acknowledged: { sequence: read.acknowledgedSequence, hash: read.acknowledgedHash },
    posture: read.posture,
  }
}
