import { reader, Type } from '../../base/schema.ts'
import { attestationResultSchema } from '../../protocol/messages/attestation-result.ts'
import { healthWarningSchema, inventorySchema } from '../../protocol/messages/evidence.ts'
import { deviceLabelSchema } from '../../protocol/messages/frames.ts'
import { deviceLabelsSchema } from '../../protocol/nouns/devices/devices.ts'
import { sightingSchema, sourceReportSchema } from '../../protocol/sighting.ts'

/** Readers of `json` columns: what devices reported, and results. */

const LARGE = { maxBytes: 4 * 1024 * 1024, maxDepth: 12 }
export const sightingReader = reader(sightingSchema, { name: 'stored sighting', limits: LARGE })
export const sourceReader = reader(sourceReportSchema, { name: 'stored source' })
export const resultReader = reader(attestationResultSchema, { name: 'stored result', limits: LARGE })
export const inventoryReader = reader(inventorySchema, { name: 'stored inventory' })
export const healthReader = reader(Type.Array(healthWarningSchema), { name: 'stored health warnings', limits: LARGE })
export const labelsReader = reader(deviceLabelsSchema, { name: 'stored labels' })
export const labelReader = reader(deviceLabelSchema, { name: 'stored label' })
