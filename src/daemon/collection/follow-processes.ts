import { type Clock, untilAborted } from '../../base/clock.ts'
import type { EvidenceBuilder } from '../evidence/evidence-builder.ts'
import type { Collection } from './collection.ts'
import { scanOnChange } from './scan-on-change.ts'

/** Scans when processes change, on systems that report it. The schedule finds the rest. */
export async function followProcesses(
  { clock, collection }: { readonly clock: Clock; readonly collection: Collection },
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { watch, scan } = collection
  if (watch === undefined) return await untilAborted({ signal })
  await scanOnChange({ clock, watch, scan }, { signal })
}

/** After each scan, reads the configuration and profiles that a process in it has called for. */
export async function rescanAfterEachScan(
  { evidence, collection }: { readonly evidence: EvidenceBuilder; readonly collection: Collection },
  { signal }: { signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await evidence.nextObservation({ signal })
    await collection.rescanServers({ signal })
    await collection.rescanProfiles({ signal })
  }
}
