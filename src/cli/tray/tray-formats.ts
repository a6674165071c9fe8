import { printableJson } from '../../base/text/printable.ts'
import type { TrayDocument, TrayItem, TrayState } from './tray-document.ts'

/** The document of the tray in the formats of programs that show menus and bars. */

export const TRAY_FORMATS = ['json', 'text', 'polybar', 'tmux'] as const satisfies readonly string[]
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
