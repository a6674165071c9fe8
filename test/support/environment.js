import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { TestEnvironment } from 'jest-environment-node'

/**
 * Where a file of tests runs. Ends it as failed if it leaves folders open that are gone: hundreds of files share a process,
 * and what looks at its own descriptors would drown in theirs.
 */
export default class extends TestEnvironment {
  async teardown() {
    await super.teardown()
    // What a thread of the addon holds of /proc while a process keeps it waiting is no leftover.
    const left = openFolders().filter((path) => path.endsWith(' (deleted)') && !path.startsWith('/proc/'))
    if (left.length > 0) throw new Error(`folders were left open (use \`using\`): ${left.slice(0, 3).join(', ')}`)
  }
}

/** @returns {string[]} what lies behind O_PATH descriptors of this process. */
function openFolders() {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const flags = /^flags:\t0*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0'
      const isPath = (Number.parseInt(flags, 8) & 0o10000000) !== 0
      return isPath ? [readlinkSync(`/proc/self/fd/${fd}`)] : []
    } catch {
      return []
    }
  })
}
