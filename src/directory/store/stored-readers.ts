import { reader } from '../../base/schema.ts'
import { sightingSchema, sourceReportSchema } from '../../protocol/sighting.ts'

/** What devices told, as it is kept in `json` columns. */

const MANY = { maxBytes: 4 * 1024 * 1024, maxDepth: 12 }
export const sightingReader = reader(sightingSchema, { name: 'stored sighting', limits: MANY })
export const sourceReader = reader(sourceReportSchema, { name: 'stored source' })
