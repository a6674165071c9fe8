import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import type { DirectoryConfig } from '../../config/directory.ts'
import { type Anchor, type AnchorList, addAnchors, listAnchors } from '../authority/anchor-folder.ts'
import { requireOwnFolder } from './data-folder.ts'

/** The trust anchors of a configured directory, for commands on its own machine. A running server takes them within seconds. */

/** `trustAnchors`, or a folder below the data. */
export function anchorsFolder(config: Pick<DirectoryConfig, 'data' | 'trustAnchors'>): string {
  return config.trustAnchors ?? join(config.data, 'trust-anchors')
}

export const anchors = {
  list: (config: DirectoryConfig): Promise<AnchorList> =>
    listAnchors(anchorsFolder(config), { now: systemClock.now() }),
  async add(config: DirectoryConfig, paths: readonly string[]): Promise<readonly Anchor[]> {
    if (config.trustAnchors === undefined) requireOwnFolder(config.data)
    return await addAnchors(anchorsFolder(config), paths, { now: systemClock.now() })
  },
}
