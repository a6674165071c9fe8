import { printable, printableJson } from '../../base/text/printable.ts'
import type { TrayDocument, TrayItem, TrayState } from './tray-document.ts'
import { bounded } from './tray-items.ts'

/** The document of the tray in the formats of programs that show menus and bars. */

export const TRAY_FORMATS = ['json', 'lines', 'text', 'polybar', 'tmux'] as const satisfies readonly string[]
export type TrayFormat = (typeof TRAY_FORMATS)[number]

/**
 * Ends with a line feed.
 *
 * @param watch more documents follow.
 */
export function trayText(document: TrayDocument, format: TrayFormat, { watch }: { readonly watch: boolean }): string {
  switch (format) {
    case 'json':
      return `${printableJson(document)}\n`
    case 'lines':
      return `${lineFields(document).join('\t')}\n`
    case 'text':
      return `${plainLines(document.items, '').join('\n')}\n${watch ? '\n' : ''}`
    case 'polybar':
      // `%{` begins a tag.
      return `${barText(document).replaceAll('%{', '% {')}\n`
    case 'tmux':
      // `#` begins a style or a command.
      return `${barText(document).replaceAll('#', '##')}\n`
  }
  return format satisfies never
}

/** Readable without colour. */
const SYMBOLS: Readonly<Record<TrayState, string>> = {
  ok: '✓',
  attention: '!',
  stopped: '‖',
  'not-enrolled': '?',
  pending: '?',
  unreachable: '?',
}

function barText({ state, title, visible }: TrayDocument): string {
  return visible ? `${SYMBOLS[state]} ${title}` : ''
}

function plainLines(items: readonly TrayItem[], margin: string): string[] {
  return items.flatMap((item) => {
    switch (item.type) {
      case 'text':
        return [`${margin}${item.text}`]
      case 'separator':
        return ['']
      case 'menu':
        return [`${margin}${item.text}`, ...plainLines(item.items, `${margin}    `)]
      case 'action':
        return [`${margin}${item.text}: surety ${item.arguments.join(' ')}`]
      case 'link':
        return [`${margin}${item.text}: ${item.url}`]
    }
    return item satisfies never
  })
}

/** In bytes of UTF-8. */
const MAX_WORD = 1024

/** For the hosts on Windows and macOS, which read no JSON: fields with tabs between them; see `native/tray/document.h`. */
function lineFields({ state, title, tooltip, visible, items, notices }: TrayDocument): readonly string[] {
  const known = notices.filter(({ id }) => isWord(id))
  return [
    ...['surety/tray-line@1', state, visible ? 'visible' : 'hidden', bounded(title), bounded(tooltip)],
    ...itemFields(items),
    ...[String(known.length), ...known.flatMap((one) => [one.urgency, one.id, bounded(one.title), bounded(one.text)])],
  ]
}

function itemFields(items: readonly TrayItem[]): readonly string[] {
  return [String(items.length), ...items.flatMap(fieldsOf)]
}

function fieldsOf(item: TrayItem): readonly string[] {
  if (item.type === 'separator') return ['separator']
  const text = bounded(item.text)
  switch (item.type) {
    case 'text':
      return ['text', text]
    case 'menu':
      return ['menu', text, ...itemFields(item.items)]
    case 'action':
      if (!item.arguments.every(isWord)) return ['text', text]
      return ['action', text, String(item.arguments.length), ...item.arguments]
    case 'link':
      return isWord(item.url) ? ['link', text, item.url] : ['text', text]
  }
  return item satisfies never
}

/** A host takes it as it is: it cannot be escaped, or cut. */
function isWord(text: string): boolean {
  return printable(text) === text && Buffer.byteLength(text) <= MAX_WORD
}
