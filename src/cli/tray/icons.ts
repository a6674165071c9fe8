import { inflateRawSync } from 'node:zlib'
import { ICON_PIXELS } from './icon-pixels.ts'
import type { TrayState } from './tray-document.ts'

/** The icons of the states. Each shape differs, so that no meaning hangs on a colour. */
const SHAPES: Readonly<Record<TrayState, keyof typeof ICON_PIXELS>> = {
  ok: 'ok',
  attention: 'attention',
  stopped: 'stopped',
  'not-enrolled': 'unknown',
  pending: 'unknown',
  unreachable: 'unknown',
}

export interface Pixels {
  /** Width and height. */
  readonly edge: number
  /** Alpha, red, green, blue. */
  readonly argb: Uint8Array
}

export function iconOf(state: TrayState): readonly Pixels[] {
  return Object.entries(ICON_PIXELS[SHAPES[state]]).map(([edge, packed]) => ({
    edge: Number(edge),
    argb: inflateRawSync(Buffer.from(packed, 'base64')),
  }))
}
