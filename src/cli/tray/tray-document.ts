import { closed, type TSchema, Type, text, words } from '../../base/schema.ts'

/** What a tray shows: the document of `surety tray`. Hosts draw it and decide nothing. */

/** Each state has an icon of its own shape. */
export const TRAY_STATES = ['ok', 'attention', 'stopped', 'not-enrolled', 'pending', 'unreachable'] as const
export type TrayState = (typeof TRAY_STATES)[number]

/** In UTF-16 code units. Hosts check these bounds again. */
export const MAX_TEXT = 120
export const MAX_ITEMS = 40
export const MAX_NOTICES = 8
/** The menu, and three levels of menus in it. */
const MAX_DEPTH = 4

export type TrayItem =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'separator' }
  | { readonly type: 'menu'; readonly text: string; readonly items: readonly TrayItem[] }
  /** The host starts `surety` with these arguments, without a shell. */
  | { readonly type: 'action'; readonly text: string; readonly arguments: readonly string[] }
  /** `url` begins with `https:` or `mailto:`. */
  | { readonly type: 'link'; readonly text: string; readonly url: string }

/** What a desktop notification says. A host shows each id once. */
export interface TrayNotice {
  readonly id: string
  readonly title: string
  readonly text: string
  readonly urgency: 'normal' | 'critical'
}

export interface TrayDocument {
  readonly schema: 'surety/tray@1'
  readonly state: TrayState
  /** The state in a few words. */
  readonly title: string
  readonly tooltip: string
  /** False while the settings hide the tray. */
  readonly visible: boolean
  readonly items: readonly TrayItem[]
  readonly notices: readonly TrayNotice[]
}

const line = Type.String({ maxLength: MAX_TEXT })

function itemsSchema(depth: number): TSchema {
  const leaf: TSchema[] = [
    closed({ type: Type.Literal('text'), text: line }),
    closed({ type: Type.Literal('separator') }),
    closed({
      type: Type.Literal('action'),
      text: line,
      arguments: Type.Array(text(64), { minItems: 1, maxItems: 8 }),
    }),
    closed({
      type: Type.Literal('link'),
      text: line,
      url: Type.String({ pattern: '^(https|mailto):', maxLength: 512 }),
    }),
  ]
  const menu = () => closed({ type: Type.Literal('menu'), text: line, items: itemsSchema(depth - 1) })
  return Type.Array(Type.Union(depth > 1 ? [...leaf, menu()] : leaf), { maxItems: MAX_ITEMS })
}

/** The members of the document besides `schema`. */
export const TRAY_MEMBERS: Readonly<Record<string, TSchema>> = {
  state: words(...TRAY_STATES),
  title: line,
  tooltip: line,
  visible: Type.Boolean(),
  items: itemsSchema(MAX_DEPTH),
  notices: Type.Array(closed({ id: text(200), title: line, text: line, urgency: words('normal', 'critical') }), {
    maxItems: MAX_NOTICES,
  }),
}
