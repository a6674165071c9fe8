import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { DiscoveryTask } from '../../../src/discovery/files/scan-tasks.ts'
import type { HomeFindings } from '../../../src/discovery/homes/home-reader.ts'
import { type ReadHomeInit, readHome } from '../../../src/discovery/homes/read-home.ts'
import { openFiles } from '../../../src/system/files/foreign/linux.ts'
import { FakeClock } from '../fake-clock.ts'
import { OWN_ID } from '../users/local-user.ts'

/** Has the id of the user who runs the tests and owns their files. */
export const ALICE = { id: OWN_ID, name: 'alice' }

/** Runs one task on a real home, like the reader child. */
export async function scanHome(
  { path: home }: { readonly path: string },
  task: DiscoveryTask,
  init: Partial<ReadHomeInit> = {},
): Promise<HomeFindings> {
  using files = openFiles()
  const request = { user: ALICE, home, catalogue: builtInCatalogue(), ...init }
  return await readHome({ files, clock: new FakeClock(Date.now()) }, request, task)
}
