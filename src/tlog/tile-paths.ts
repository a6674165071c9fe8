import type { Tile } from './tiles.ts'
import { TILE_WIDTH } from './tiles.ts'
import { requireSize } from './tree-hash.ts'

/** Where tiles and bundles are below the address of a log: C2SP tlog-tiles, "APIs". */

/** `tile/0/x001/x234/067`, and `.p/12` behind it for a width under 256. */
export function tilePath(level: number, index: number, width = TILE_WIDTH): string {
  return `tile/${level}/${numberPath(index)}${partial(width)}`
}

/** `tile/entries/x001/x234/067`: the bundle with the entries of the tile of level 0 with this index. */
export function entriesPath(index: number, width = TILE_WIDTH): string {
  return `tile/entries/${numberPath(index)}${partial(width)}`
}

export type TilePath = Tile | { readonly level: 'entries'; readonly index: number; readonly width: number }

const PATH = /^tile\/(0|[1-9]\d?|entries)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/

/** Reads a path that `tilePath` or `entriesPath` made. @returns undefined for every other text. */
export function parseTilePath(path: string): TilePath | undefined {
  const [, level = '', digits = '', width] = PATH.exec(path) ?? []
  const tile = { index: Number(digits.replace(/[x/]/g, '')), width: width === undefined ? TILE_WIDTH : Number(width) }
  if (!Number.isSafeInteger(tile.index) || (width !== undefined && tile.width >= TILE_WIDTH)) return undefined
  if (level === '' || numberPath(tile.index) !== digits) return undefined
  if (level === 'entries') return { level, ...tile }
  return Number(level) > 63 ? undefined : { level: Number(level), ...tile }
}

function numberPath(index: number): string {
  requireSize(index)
  const digits = index.toString()
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? []
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/')
}

function partial(width: number): string {
  return width === TILE_WIDTH ? '' : `.p/${width}`
}
