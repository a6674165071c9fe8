/**
 * Renders `installers/icons/*.svg`: to `.ico` for Windows, and to `src/cli/tray/icon-pixels.ts` for the bus of Linux desktops.
 * Needs `rsvg-convert` (librsvg2-bin).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { deflateRawSync, inflateSync } from 'node:zlib'
import { runTool } from '../installers/run-tool.ts'

const ROOT = resolve(import.meta.dirname, '..')
const ICONS = join(ROOT, 'installers/icons')
const PIXELS = join(ROOT, 'src/cli/tray/icon-pixels.ts')
/** Panels have 16 to 48 points, and twice as many pixels on a fine screen. */
const PANEL_SIZES = [16, 22, 24, 32, 48, 64]
const FOLDER = mkdtempSync(join(tmpdir(), 'surety-icons-'))
const RENDERED = join(FOLDER, 'icon.png')
const WINDOWS_SIZES = [16, 20, 24, 32, 40, 48, 64]

function render(file: string, size: number): Buffer {
  const edges = ['--width', `${size}`, '--height', `${size}`]
  runTool('/usr/bin/rsvg-convert', [...edges, '--output', RENDERED, file])
  return rgbaOf(readFileSync(RENDERED), size)
}

/** Decodes what rsvg-convert writes: eight bits, RGBA, not interlaced. */
function rgbaOf(png: Buffer, size: number): Buffer {
  const data: Buffer[] = []
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const raw = inflateSync(Buffer.concat(data))
  const stride = size * 4
  const pixels = Buffer.alloc(stride * size)
  if (raw.length !== (stride + 1) * size) throw new Error(`${raw.length} bytes for ${size} rows`)
  for (let row = 0; row < size; row++) {
    const filter = raw[row * (stride + 1)] ?? 0
    for (let column = 0; column < stride; column++) {
      const [left, up, corner] = [
        column < 4 ? 0 : pixels[row * stride + column - 4],
        row === 0 ? 0 : pixels[(row - 1) * stride + column],
        column < 4 || row === 0 ? 0 : pixels[(row - 1) * stride + column - 4],
      ] as [number, number, number]
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0
      pixels[row * stride + column] = (raw[row * (stride + 1) + 1 + column] ?? 0) + guess
    }
  }
  return pixels
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [left, up, corner].map((one) => Math.abs(guess - one)) as [number, number, number]
  return a <= b && a <= c ? left : b <= c ? up : corner
}

/** Bitmaps, which every Windows draws: rows from below, BGRA, and an empty mask. */
function ico(images: readonly (readonly [size: number, rgba: Buffer])[]): Buffer {
  const head = Buffer.alloc(6 + 16 * images.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(images.length, 4)
  let offset = head.length
  const bodies = images.map(([size, rgba], index) => {
    const mask = Math.ceil(size / 32) * 4 * size
    const body = Buffer.alloc(40 + rgba.length + mask)
    body.writeUInt32LE(40, 0)
    body.writeInt32LE(size, 4)
    body.writeInt32LE(size * 2, 8)
    body.writeUInt16LE(1, 12)
    body.writeUInt16LE(32, 14)
    for (let row = 0; row < size; row++)
      for (let column = 0; column < size; column++) {
        const [from, to] = [(row * size + column) * 4, 40 + ((size - 1 - row) * size + column) * 4]
        body.set([rgba[from + 2] ?? 0, rgba[from + 1] ?? 0, rgba[from] ?? 0, rgba[from + 3] ?? 0], to)
      }
    const entry = 6 + 16 * index
    head.set([size, size, 0, 0, 1, 0, 32, 0], entry)
    head.writeUInt32LE(body.length, entry + 8)
    head.writeUInt32LE(offset, entry + 12)
    offset += body.length
    return body
  })
  return Buffer.concat([head, ...bodies])
}

/** As the bus wants it: alpha first. */
function argb(rgba: Buffer): Buffer {
  const turned = Buffer.alloc(rgba.length)
  for (let at = 0; at < rgba.length; at += 4) {
    turned.set([rgba[at + 3] ?? 0, rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0], at)
  }
  return turned
}

const members: string[] = []
for (const file of readdirSync(ICONS)
  .filter((name) => name.endsWith('.svg'))
  .sort()) {
  const path = join(ICONS, file)
  writeFileSync(path.replace(/svg$/, 'ico'), ico(WINDOWS_SIZES.map((size) => [size, render(path, size)])))
  const images = PANEL_SIZES.map((size) => {
    const packed = deflateRawSync(argb(render(path, size)), { level: 9 }).toString('base64')
    return `    ${size}: '${packed}',\n`
  })
  members.push(`  ${basename(file, '.svg').replace('surety-', '')}: {\n${images.join('')}  },\n`)
}
writeFileSync(
  PIXELS,
  `/** Made by \`scripts/make-icons.ts\`: by edge in pixels, ARGB, raw deflate, base64. */\nexport const ICON_PIXELS = {\n${members.join('')}} as const\n`,
)
rmSync(FOLDER, { recursive: true })
console.log(`installers/icons: ${members.length} icons`)
