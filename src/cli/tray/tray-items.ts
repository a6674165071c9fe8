import { printable } from '../../base/text/printable.ts'
import { wrapped } from '../../view/terminal.ts'
import { MAX_ITEMS, MAX_TEXT, type TrayItem } from './tray-document.ts'

/** The items of menus. Every text may be foreign: it is made printable and cut. */

export const SEPARATOR: TrayItem = { type: 'separator' }

/** Menus do not wrap their lines. */
const COLUMNS = 60

export function bounded(text: string): string {
  const shown = printable(text)
  if (shown.length <= MAX_TEXT) return shown
  // A cut between the halves of a character would leave half of it.
  return `${shown.slice(0, MAX_TEXT - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

export function textItem(text: string): TrayItem {
  return { type: 'text', text: bounded(text) }
}

/** A long text on several lines. The lines after the first begin with `margin`. */
export function paragraph(text: string, margin = ''): TrayItem[] {
  const lines = wrapped({ columns: COLUMNS, colour: false }, printable(text))
  return lines.map((line, index) => textItem(index === 0 ? line : `${margin}${line}`))
}

export function menuItem(text: string, items: readonly TrayItem[]): TrayItem {
  return { type: 'menu', text: bounded(text), items: limited(items) }
}

export function actionItem(text: string, ...args: readonly string[]): TrayItem {
  return { type: 'action', text: bounded(text), arguments: args }
}

/** Groups with a separator between them. Empty groups are left out. */
export function grouped(...groups: readonly (readonly TrayItem[])[]): TrayItem[] {
  return groups
    .filter(({ length }) => length > 0)
    .flatMap((group, index) => (index === 0 ? group : [SEPARATOR, ...group]))
}

/** The last item of a menu that is cut says how many are missing. */
export function limited(items: readonly TrayItem[]): readonly TrayItem[] {
  if (items.length <= MAX_ITEMS) return items
  return [...items.slice(0, MAX_ITEMS - 1), textItem(`… +${items.length - MAX_ITEMS + 1}`)]
}
