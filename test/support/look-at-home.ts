import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import type { DiscoveryTask } from '../../src/discovery/files/scan-tasks.ts'
import type { HomeFindings } from '../../src/discovery/homes/home-reader.ts'
import { type ReadHomeInit, readHome } from '../../src/discovery/homes/read-home.ts'
import { openFiles } from '../../src/system/files/linux.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { OWN_ID } from './local-user.ts'

/** Whoever runs the tests owns what lies in a fixture home. */
export const ALICE = { id: OWN_ID, name: 'alice' }

/** What one task finds in a home on the real file system, read as the reader child reads it. */
export async function lookAtHome(
  { path: home }: { readonly path: string },
  task: DiscoveryTask,
  init: Partial<ReadHomeInit> = {},
): Promise<HomeFindings> {
  using files = openFiles()
  const whole = { user: ALICE, home, catalogue: builtInCatalogue(), ...init }
  return await readHome({ files, clock: new FakeClock(Date.now()) }, whole, task)
}
