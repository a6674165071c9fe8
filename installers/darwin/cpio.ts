import type { Entry } from './entries.ts'

const MOST_BYTES = 0o77777777777

/** The archive of POSIX.1-1988 (`odc`), which the installer of macOS unpacks. @param epoch the time of all entries. */
export function cpioArchive(entries: readonly Entry[], epoch: number): Uint8Array {
  const parts = entries.flatMap((entry, at) => [header(entry, at + 1, epoch), entry.content])
  return Buffer.concat([
    ...parts,
    header({ path: 'TRAILER!!!', isFolder: false, mode: 0, content: new Uint8Array() }, 0, 0),
  ])
}

function header({ path, isFolder, mode, content }: Entry, inode: number, epoch: number): Uint8Array {
  if (content.length > MOST_BYTES) throw new Error(`${path} is too large`)
  const name = `${path}\0`
  const links = isFolder ? 2 : 1
  const fields = [
    [0, 6],
    [inode, 6],
    [mode, 6],
    [0, 6],
    [0, 6],
    [links, 6],
    [0, 6],
    [epoch, 11],
  ] as const
  const sizes = [
    [Buffer.byteLength(name), 6],
    [content.length, 11],
  ] as const
  const written = [...fields, ...sizes].map(([value, digits]) => value.toString(8).padStart(digits, '0')).join('')
  return Buffer.from(`070707${written}${name}`)
}
