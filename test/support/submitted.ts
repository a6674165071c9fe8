import type { EvidenceFrame } from '../../src/directory/evidence/evidence-frame.ts'
import type { Ingest } from '../../src/directory/evidence/ingest.ts'
import type { Acknowledged } from '../../src/directory/evidence/take-in.ts'

/** @returns once the frame is on disk. @throws why it was refused. */
export function submitted(queue: Ingest, frame: EvidenceFrame): Promise<Acknowledged> {
  return new Promise((kept, refused) => queue.submit(frame, { kept, refused }))
}
