import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, gzipSync } from 'node:zlib'
import { systemClock } from '../../../src/base/clock.ts'
import { VERSION } from '../../../src/base/version.ts'
import { updatePlaces } from '../../../src/directory/updates/places.ts'
import { addRelease, promote } from '../../../src/directory/updates/releases.ts'
import { initRepository, openRepository } from '../../../src/directory/updates/repository.ts'

export interface OfferedVersions {
  /** SHA-256 of the first root. */
  readonly root: string
  /** Offers a version of the real daemon to all. `change` is applied to the file that is started. */
  offer(version: string, change?: (code: string) => string): Promise<void>
}

/** The update repository that the directory on `data` serves. Its versions are made of this package, unpacked as the guide says. */
export async function offerVersions(data: string, msi: string, out: string): Promise<OfferedVersions> {
  const places = updatePlaces({ data })
  const root = await initRepository(systemClock, places)
  const repository = await openRepository(systemClock, places)
  execFileSync('/usr/bin/msiextract', ['--directory', join(out, 'new'), msi], { stdio: 'ignore' })
  const installed = join(out, 'new/Surety')
  const runtime = join(installed, 'node.exe')
  storeQuickly(join(places.folder, 'files'), readFileSync(runtime))
  return {
    root,
    async offer(version, change) {
      const from = join(out, `offered-${version}`)
      make(from, version, change)
      await addRelease(repository, { folder: places.folder, version, platform: 'windows-x64', from })
      await promote(repository, { channel: 'stable', version, percent: 100 })
    },
  }

  function make(from: string, version: string, change = (code: string) => code): void {
    cpSync(join(installed, 'suretyd'), join(from, 'suretyd'), { recursive: true })
    linkSync(runtime, join(from, 'node.exe'))
    const folder = join(from, 'suretyd')
    for (const name of readdirSync(folder).filter((each) => /\.[mc]?js$/.test(each))) {
      const code = readFileSync(join(folder, name), 'utf8').replaceAll(`"${VERSION}"`, `"${version}"`)
      writeFileSync(join(folder, name), name === 'suretyd.mjs' ? change(code) : code)
    }
  }
}

/** As `addRelease` would, in a quarter of the time. */
function storeQuickly(folder: string, bytes: Uint8Array): void {
  mkdirSync(folder, { recursive: true })
  const name = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: constants.Z_BEST_SPEED }))
}
