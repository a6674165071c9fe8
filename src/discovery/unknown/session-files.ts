import { portableText } from '../../system/files/portable-text.ts'
import type { Reason } from './signals.ts'

const SESSIONS =
  /(^|[/_.-])(sessions?|threads?|conversations?|chats?|rollouts?|transcripts?|trajector(y|ies)|turns?)([/_.-]|$)/i
const KEPT_AS = /\.(jsonl|ndjson|sqlite3?|db)(-wal)?$/
/** Folders of browsers, editors and desktops, whose session files are not those of an agent. */
const NOT_TALKS =
  /\/(User Data|Default|Local Storage|IndexedDB|globalStorage|workspaceStorage|Session Storage|mozilla|\.mozilla|chromium|google-chrome)\//

/** Conversation files that the process has open in a dot folder of a home. Only their folder is reported. */
export function sessionFilesReason(openFiles: readonly string[], homes: readonly string[]): Reason | undefined {
  for (const file of openFiles) {
    const path = portableText(file)
    if (!KEPT_AS.test(path) || NOT_TALKS.test(path)) continue
    const home = homes.find((each) => each !== '/' && path.startsWith(`${each}/.`))
    if (home === undefined) continue
    const inHome = path.slice(home.length + 1)
    if (!SESSIONS.test(inHome)) continue
    // A file name may be the title of a conversation, so it is not reported.
    const folder = inHome.slice(0, inHome.lastIndexOf('/')).split('/').slice(0, 3).join('/')
    return { name: 'session-files', weight: 25, detail: `keeps the files of its sessions open in ~/${folder}` }
  }
  return undefined
}
