import { printableJson } from '../../base/text/printable.ts'
import type { TrayDocument, TrayItem, TrayState } from './tray-document.ts'

/** The document of the tray in the formats of programs that show menus and bars. */

export const TRAY_FORMATS = [
  ...['json', 'text', 'xbar', 'swiftbar', 'argos', 'waybar', 'polybar', 'i3blocks', 'tmux'],
] as const satisfies readonly string[]
export type TrayFormat = 'json' | 'text' | 'xbar' | 'swiftbar' | 'argos' | 'waybar' | 'polybar' | 'i3blocks' | 'tmux'

/** These run their command again and again, and read all that it prints. */
export const POLLING_FORMATS: ReadonlySet<string> = new Set(['xbar', 'argos'])

export interface FormatInit {
  /** How `surety` is started: the program and its first arguments. */
  readonly program: readonly string[]
  /** More documents follow. */
  readonly watch: boolean
}

/** Ends with a line feed, or is empty where that hides the tray. */
export function trayText(document: TrayDocument, format: TrayFormat, init: FormatInit): string {
  switch (format) {
    case 'json':
      return `${printableJson(document)}\n`
    case 'text':
      return `${plainLines(document.items, '').join('\n')}\n${init.watch ? '\n' : ''}`
    case 'xbar':
    case 'argos':
      return document.visible ? menuText(document, format, init.program) : ''
    case 'swiftbar': {
      const menu = document.visible ? menuText(document, format, init.program) : ''
      return init.watch ? `~~~\n${menu}` : menu
    }
    case 'waybar':
      return `${printableJson(waybarOf(document))}\n`
    case 'polybar':
      // `%{` begins a tag.
      return `${barText(document).replaceAll('%{', '% {')}\n`
    case 'i3blocks':
      return i3blocksText(document, init)
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

/** Only repeats what symbol and words say. */
const COLOURS: Readonly<Record<TrayState, string>> = {
  ok: '#2e9e4f',
  attention: '#d98200',
  stopped: '#d03030',
  'not-enrolled': '#808080',
  pending: '#808080',
  unreachable: '#808080',
}

function barText({ state, title, visible }: TrayDocument): string {
  return visible ? `${SYMBOLS[state]} ${title}` : ''
}

function i3blocksText(document: TrayDocument, { watch }: FormatInit): string {
  const full = barText(document)
  // A block that persists reads one line each time.
  if (watch || !document.visible) return `${full}\n`
  return `${full}\n${SYMBOLS[document.state]} Surety\n${COLOURS[document.state]}\n`
}

const TOOLTIP_LINES = 12

function waybarOf(document: TrayDocument): object {
  const { state, visible } = document
  const lines = document.items.flatMap((item) => (item.type === 'separator' ? [] : [item.text]))
  return {
    text: markup(barText(document)),
    alt: state,
    class: state,
    tooltip: visible ? markup(lines.slice(0, TOOLTIP_LINES).join('\n')) : '',
  }
}

/** Text as Pango markup. */
function markup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
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

type MenuFormat = 'xbar' | 'swiftbar' | 'argos'

/** Switches off what these programs otherwise make of plain text. */
const LITERAL: Readonly<Record<MenuFormat, string>> = {
  xbar: 'trim=false emojize=false ansi=false',
  swiftbar: 'trim=false emojize=false symbolize=false ansi=false',
  argos: 'trim=false emojize=false ansi=false useMarkup=false unescape=false',
}

const SYMBOL_IMAGES: Readonly<Record<TrayState, string>> = {
  ok: 'checkmark.shield',
  attention: 'exclamationmark.shield',
  stopped: 'pause.circle',
  'not-enrolled': 'questionmark.circle',
  pending: 'questionmark.circle',
  unreachable: 'questionmark.circle',
}

function menuText(document: TrayDocument, format: MenuFormat, program: readonly string[]): string {
  const { state, title, items } = document
  const head = state === 'ok' ? 'Surety' : title
  const bar =
    format === 'swiftbar'
      ? `${literal(head)} | sfimage=${SYMBOL_IMAGES[state]} ${LITERAL.swiftbar}`
      : `${literal(`${SYMBOLS[state]} ${head}`)} | ${LITERAL[format]}`
  return `${[bar, '---', ...menuLines(items, '', { format, program })].join('\n')}\n`
}

interface MenuInit {
  readonly format: MenuFormat
  readonly program: readonly string[]
}

/** Two dashes before the text for each level. */
function menuLines(items: readonly TrayItem[], level: string, init: MenuInit): string[] {
  const line = (text: string, ...parameters: readonly string[]) =>
    `${level}${literal(text)} | ${[...parameters, LITERAL[init.format]].join(' ')}`
  return items.flatMap((item) => {
    switch (item.type) {
      case 'text':
        return [line(item.text)]
      case 'separator':
        // Argos draws those of submenus in the menu above.
        return init.format === 'argos' && level !== '' ? [] : [`${level}---`]
      case 'menu':
        return [line(item.text), ...menuLines(item.items, `${level}--`, init)]
      case 'action':
        return [line(item.text, ...commandParameters(item.arguments, init), 'terminal=false', 'refresh=true')]
      case 'link':
        return [line(item.text, `href="${item.url.replaceAll(/["'|\\\s]/g, encodeURIComponent)}"`)]
    }
    return item satisfies never
  })
}

/** `|` ends the text of a line, a dash before it makes a menu, and `\n` a new line. */
function literal(text: string): string {
  return text.replaceAll('|', '¦').replace(/^-+/, '–').replaceAll('\\n', '\\ n')
}

function commandParameters(args: readonly string[], { format, program }: MenuInit): string[] {
  const [first = 'surety', ...rest] = program
  // Argos gives the command, but not its parameters, to a shell.
  const command = format === 'argos' ? `"'${first.replaceAll("'", "'\\''")}'"` : `"${first}"`
  return [`bash=${command}`, ...[...rest, ...args].map((argument, index) => `param${index + 1}="${argument}"`)]
}
