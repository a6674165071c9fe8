import { ERROR_CODES } from '../base/errors.ts'
import { CHECKS } from '../checks/checks.ts'
import type { ValuesOf } from '../command-line/completion.ts'
import { daemonSettings } from '../config/daemon.ts'
import { SIGHTING_KINDS, type Sighting } from '../protocol/sighting.ts'
import { LANGUAGES } from '../view/check-catalogue.ts'
import { shortIds } from '../view/short-ids.ts'
import { KIND_VIEWS } from '../view/sighting-rows.ts'
import type { DaemonClient } from './daemon-client.ts'
import { DOCUMENT_NAMES } from './document-schemas.ts'

const WORDS: Readonly<Record<string, readonly string[]>> = {
  '<check>': CHECKS,
  '<check or code>': [...CHECKS, ...ERROR_CODES],
  '<language>': LANGUAGES,
  '<key=value>': Object.keys(daemonSettings).map((key) => `${key}=`),
  'schema <name>': DOCUMENT_NAMES,
}

/** Values for completion: words of tables, and ids from the daemon. */
export function completeValues(daemonAt: (socket: string) => DaemonClient, socket: string): ValuesOf {
  return async ({ path, name }, words) => {
    const known = WORDS[`${path} <${name}>`] ?? WORDS[`<${name}>`]
    if (known !== undefined) return known.map((word) => ({ word }))
    const kind =
      SIGHTING_KINDS.find((one) => path === `${KIND_VIEWS[one].command} show`) ??
      (path === 'agents claim' && name === 'agent' ? 'agent' : undefined)
    if (kind === undefined) return []
    const at = words.indexOf('--socket')
    const { items } = await daemonAt((at === -1 ? undefined : words[at + 1]) ?? socket).sightings({ kinds: [kind] })
    const short = shortIds(items.map(({ id }) => id))
    return items.map((item) => ({ word: short(item.id), about: nameOf(item) }))
  }
}

function nameOf(item: Sighting): string | undefined {
  return 'name' in item ? item.name : undefined
}
