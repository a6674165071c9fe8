import type { Reason } from './signals.ts'

const SESSIONS =
  /(^|[/_.-])(sessions?|threads?|conversations?|chats?|rollouts?|transcripts?|trajector(y|ies)|turns?)([/_.-]|$)/i
const KEPT_AS = /\.(jsonl|ndjson|sqlite3?|db)(-wal)?$/
/** What browsers, editors and desktops keep there is not the talk of an agent. */
const NOT_TALKS =
  /\/(User Data|Default|Local Storage|IndexedDB|globalStorage|workspaceStorage|Session Storage|mozilla|\.mozilla|chromium|google-chrome)\//

/** The files of talks that this very process holds open in a dot folder of a home; where they lie, not what they say. */
export function sessionFilesReason(openFiles: readonly string[], homes: readonly string[]): Reason | undefined {
  for (const path of openFiles) {
    if (!KEPT_AS.test(path) || NOT_TALKS.test(path)) continue
    const home = homes.find((each) => each !== '/' && path.startsWith(`${each}/.`))
    if (home === undefined) continue
    const inHome = path.slice(home.length + 1)
    if (!SESSIONS.test(inHome)) continue
    // The name of a file may be a title that somebody gave a talk.
    const folder = inHome.slice(0, inHome.lastIndexOf('/')).split('/').slice(0, 3).join('/')
    return { name: 'session-files', weight: 25, detail: `keeps the files of its sessions open in ~/${folder}` }
  }
  return undefined
}
