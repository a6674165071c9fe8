import type { ConfigEntry, Support } from '../../protocol/messages/control.ts'
import { type Say, sayIn } from '../../view/phrases.ts'
import { hanging, type Terminal } from '../../view/terminal.ts'

/** Who answers for this device and whom its user can ask. Administrators name them in the managed settings. */

const LABELS = { owner: 'Owner', contact: 'Support', url: 'Help' } as const
const MEMBERS = ['owner', 'contact', 'url'] as const

/** One line for each member that is set. */
export function supportLines(
  support: Support | undefined,
  terminal: Terminal,
  labelWidth: number,
  say: Say = sayIn('en'),
): string[] {
  return MEMBERS.flatMap((member) => {
    const text = support?.[member]
    return text === undefined ? [] : hanging(terminal, say(LABELS[member]), labelWidth, text)
  })
}

/**
 * Reads the settings without the daemon, for errors.
 *
 * @returns undefined if no contact is set or the settings cannot be read: this error must not hide the first one.
 */
export function supportIn(readConfig: () => readonly ConfigEntry[]): Support | undefined {
  let entries: readonly ConfigEntry[]
  try {
    entries = readConfig()
  } catch {
    return undefined
  }
  const set = MEMBERS.flatMap((member) => {
    const entry = entries.find(({ key, origin }) => key === `support.${member}` && origin !== 'default')
    return entry === undefined ? [] : [[member, entry.value] as const]
  })
  return set.length === 0 ? undefined : Object.fromEntries(set)
}
