import type { Acknowledged } from '../../../src/directory/evidence/append-batch.ts'
import type { EvidenceFrame } from '../../../src/directory/evidence/evidence-frame.ts'
import type { Ingest } from '../../../src/directory/evidence/ingest.ts'

/** Resolves when the frame is on disk. @throws the reason of a refusal. */
export function submitEvidence(queue: Ingest, frame: EvidenceFrame): Promise<Acknowledged> {
  return new Promise((kept, refused) => queue.submit(frame, { kept, refused }))
}
