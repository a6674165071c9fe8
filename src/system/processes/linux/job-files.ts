import { existsSync, lstatSync, opendirSync, type Stats } from 'node:fs'
import { uptime } from 'node:os'
import { userIdOf } from '../../../base/text/user-id.ts'
import type { JobFiles } from '../job-files.ts'

/** Of Debian and its like, then of Fedora and its like. Root, or the user of the program, owns these folders. */
const AT_FOLDERS = ['/var/spool/cron/atjobs', '/var/spool/at']
const TRANSIENT_UNITS = '/run/systemd/transient'
const CRON_FOLDERS = ['/var/spool/cron/crontabs', '/var/spool/cron']
/** The queue or `=`, five digits of the number, eight of the time. See `atd.c`. */
const AT_FILE = /^[a-zA-Z=]([0-9a-f]{13})$/
const MAX_FILES = 1_000
/** Clock ticks of /proc a second: USER_HZ, the same on all systems that Node supports. */
const TICKS_A_SECOND = 100
/** Times of files are those of the last timer tick, start times of processes are cut to 10 ms. */
const SLACK_MS = 50

export interface LinuxJobFilesInit {
  readonly atFolders?: readonly string[]
  readonly cronFolders?: readonly string[]
}

export function linuxJobFiles({
  atFolders = AT_FOLDERS,
  cronFolders = CRON_FOLDERS,
}: LinuxJobFilesInit = {}): JobFiles {
  return {
    atJobsSince(userId, ticks) {
      const since = wallTimeOf(ticks)
      return filesIn(atFolders).flatMap(({ name, stats }) => {
        const job = AT_FILE.exec(name)?.[1]
        return job !== undefined && userIdOf(stats.uid) === userId && madeAt(stats) >= since ? [job] : []
      })
    },
    atJobOf(path) {
      const folder = atFolders.find((each) => path.startsWith(`${each}/`))
      return folder && AT_FILE.exec(path.slice(folder.length + 1).replace(/ \(deleted\)$/, ''))?.[1]
    },
    hasCrontab(userId, ticks) {
      const since = ticks === undefined ? Number.NEGATIVE_INFINITY : wallTimeOf(ticks)
      return filesIn(cronFolders).some(({ stats }) => userIdOf(stats.uid) === userId && stats.ctimeMs >= since)
    },
    isTransientUnit: (unit) => existsSync(`${TRANSIENT_UNITS}/${unit}`),
  }
}

function wallTimeOf(ticks: number): number {
  return Date.now() - uptime() * 1000 + (ticks * 1000) / TICKS_A_SECOND - SLACK_MS
}

/** File systems without a birth time tell 0. atd changes the name of a file, and with it `ctime`, when it runs the job. */
function madeAt({ birthtimeMs, ctimeMs }: Stats): number {
  return birthtimeMs > 0 ? birthtimeMs : ctimeMs
}

/** Regular files, a thousand of each folder. */
function filesIn(folders: readonly string[]): readonly { readonly name: string; readonly stats: Stats }[] {
  return folders.flatMap((path) => {
    const found: { name: string; stats: Stats }[] = []
    try {
      const folder = opendirSync(path)
      try {
        for (let count = 0; count < MAX_FILES; count++) {
          const entry = folder.readSync()
          if (entry === null) break
          if (!entry.isFile()) continue
          const stats = lstatSync(`${path}/${entry.name}`, { throwIfNoEntry: false })
          if (stats !== undefined) found.push({ name: entry.name, stats })
        }
      } finally {
        folder.closeSync()
      }
    } catch {
      // No such program is installed.
    }
    return found
  })
}
