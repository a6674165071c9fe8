import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { addRelease, promote } from '../../../src/directory/updates/releases.ts'
import { initRepository, openRepository, type Repository } from '../../../src/directory/updates/repository.ts'
import type { UpdatePlatform } from '../../../src/protocol/updates.ts'

export const PLATFORM: UpdatePlatform = 'linux-x64'

export interface TestRepository {
  readonly folder: string
  readonly keys: string
  /** `file:` address of the folder. */
  readonly url: string
  /** SHA-256 of the first root. */
  readonly root: string
  readonly repository: Repository
  /** Adds a version that runs, and says that it is this version, or another one. */
  add(version: string, init?: TestRelease): Promise<void>
  promote(version: string, percent?: number, channel?: string): Promise<void>
  /** A copy as it is now, as a mirror or an attacker would keep it. @returns its folder. */
  copy(name: string): string
}

export interface TestRelease {
  /** What `--version` prints. */
  readonly says?: string
  readonly exitCode?: number
  /** Other files of the version. */
  readonly files?: Readonly<Record<string, string>>
}

/** A real repository of tiny versions. @param now by the clock of those who sign. */
export async function testRepository(path: string, now: () => number = Date.now): Promise<TestRepository> {
  const clock = { now }
  const places = { folder: join(path, 'repository'), keys: join(path, 'keys') }
  mkdirSync(path, { recursive: true })
  const root = await initRepository(clock, places)
  const repository = await openRepository(clock, places)
  return {
    ...places,
    url: `${pathToFileURL(places.folder)}/`,
    root,
    repository,
    async add(version, { says = version, exitCode = 0, files = {} } = {}) {
      const from = join(path, `program-${version}`)
      const all = {
        'bin/node': `#!/bin/sh\necho suretyd ${says}\nexit ${exitCode}\n`,
        'suretyd/suretyd.mjs': `// ${version}`,
        'suretyd/same.txt': 'the same in every version',
        ...files,
      }
      for (const [name, text] of Object.entries(all)) {
        mkdirSync(join(from, name, '..'), { recursive: true })
        writeFileSync(join(from, name), text)
      }
      chmodSync(join(from, 'bin/node'), 0o755)
      await addRelease(repository, { folder: places.folder, version, platform: PLATFORM, from })
    },
    async promote(version, percent = 100, channel = 'stable') {
      await promote(repository, { channel, version, percent })
    },
    copy(name) {
      const to = join(path, name)
      cpSync(places.folder, to, { recursive: true })
      return to
    },
  }
}
