import { join } from 'node:path'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { DISCOVERY_TASKS } from '../../src/discovery/files/scan-tasks.ts'
import { homeReader } from '../../src/reader/home-reader.ts'
import { startProgram } from '../../src/system/program/command.ts'
import type { LocalUser } from '../../src/system/users/users.ts'
import { FakeClock } from '../support/fake-clock.ts'
import type { FixtureHome } from '../support/homes/fixture-home.ts'
import { localUser } from '../support/users/local-user.ts'

/** Homes that a child with the rights of their owner reads. */

export const CHILD = join(import.meta.dirname, '../../src/main-reader.ts')
export const ROOT = process.geteuid?.() === 0
/** Somebody else where we may become somebody else. */
export const OWNER = ROOT
  ? { uid: 12_345, gid: 12_346 }
  : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
export const SIDER = 'difoiogjjojoaoomphldepapgpbgkhkb'
export const PROFILE = '.config/chromium/Default'
export const signal: AbortSignal = new AbortController().signal

export function userOf(home: FixtureHome, more: Partial<LocalUser> = {}): LocalUser {
  return { ...localUser({ ...OWNER, name: 'alice', home: home.path }), ...more }
}

export function readerOf(command: readonly string[] = [CHILD], timeoutMs = 20_000) {
  return homeReader({ startProgram, clock: new FakeClock() }, { command: [process.execPath, ...command], timeoutMs })
}

export async function look(home: FixtureHome, reader = readerOf(), user = userOf(home)) {
  if (ROOT) home.giveTo(OWNER.uid, OWNER.gid)
  const request = { user, catalogue: builtInCatalogue(), tasks: DISCOVERY_TASKS }
  const found = await reader.readHome(request, { signal })
  const states = found.sources.map(({ source, state, path }) => [source, state, path?.replace(home.path, '~')])
  return { ...found, states, names: found.sightings.map(({ name }) => name) }
}
