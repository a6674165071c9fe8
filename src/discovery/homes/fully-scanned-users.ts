import { SOURCES, wasRead } from '../../protocol/scan-coverage.ts'
import type { HomeFindings } from './home-reader.ts'

/**
 * Ids of the users whose homes were looked through for what agents have left in them: all homes of that user. A look that ended at its
 * deadline, a home that is a link or that we may not see say nothing of agents; neither does one whose report was crowded out by
 * those of its files.
 */
export function homesRead(homes: readonly HomeFindings[]): ReadonlySet<string> {
  const looks = homes.flatMap(({ sources }) => {
    const userId = sources.find(({ user }) => user !== undefined)?.user?.id
    // Of its parts only what failed is told: what was read is the whole.
    const isRead = sources.some((report) => report.source === SOURCES.installed && wasRead(report))
    return userId === undefined ? [] : [{ userId, isRead }]
  })
  const unread = new Set(looks.flatMap(({ userId, isRead }) => (isRead ? [] : [userId])))
  return new Set(looks.flatMap(({ userId }) => (unread.has(userId) ? [] : [userId])))
}
