import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION } from '../../../src/base/version.ts'
import { bundlePrograms } from '../processes/bundle-programs.ts'

const MAIN = join(import.meta.dirname, '../../../src/main-daemon.ts')

export interface ProgramVersions {
  /** Makes another version, in the layout that a package installs. `change` is applied to all code. @returns its folder. */
  make(version: string, change?: (code: string) => string): string
}

/** Real versions of the daemon. Their `bin/node` is a script that starts this runtime, which has a hundred megabytes. */
export async function programVersions(folder: string): Promise<ProgramVersions> {
  const built = join(folder, 'built')
  await bundlePrograms({ suretyd: MAIN }, { folder: built })
  return {
    make(version, change = (code) => code) {
      const made = join(folder, `version-${version}`)
      cpSync(built, join(made, 'suretyd'), { recursive: true })
      for (const name of readdirSync(join(made, 'suretyd')).filter((each) => each.endsWith('.mjs'))) {
        const path = join(made, 'suretyd', name)
        const code = readFileSync(path, 'utf8')
        writeFileSync(path, change(code.replaceAll(`VERSION = "${VERSION}"`, `VERSION = "${version}"`)))
      }
      mkdirSync(join(made, 'bin'))
      writeFileSync(join(made, 'bin/node'), `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 })
      return made
    },
  }
}
