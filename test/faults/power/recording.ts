/** What recording-shim.c writes, as values. Paths are below the recorded folder, inodes are their numbers. */

export type DiskChange =
  | { readonly kind: 'create' | 'mkdir' | 'mode'; readonly inode: string; readonly mode: number; readonly path: string }
  | {
      readonly kind: 'write'
      readonly inode: string
      readonly at: number
      readonly bytes: Buffer
      readonly path: string
    }
  | { readonly kind: 'truncate'; readonly inode: string; readonly size: number; readonly path: string }
  | { readonly kind: 'sync'; readonly inode: string; readonly path: string }
  | { readonly kind: 'rename' | 'link'; readonly from: string; readonly path: string }
  | { readonly kind: 'unlink' | 'rmdir'; readonly path: string }

/** `said`: on its standard output. */
export type RecordedEvent = DiskChange | { readonly kind: 'said'; readonly text: string }

export function parseRecording(recording: Buffer): RecordedEvent[] {
  const events: RecordedEvent[] = []
  for (let at = 0; at < recording.length; ) {
    const end = recording.indexOf('\n', at)
    const [kind = '', inode = '', number = '', size = '', ...path] = recording.toString('utf8', at, end).split(' ')
    const next = end + 1 + Number(size)
    events.push(
      eventOf(kind, { inode, number: Number(number), path: path.join(' ') }, recording.subarray(end + 1, next)),
    )
    at = next
  }
  return events
}

function eventOf(
  kind: string,
  { inode, number, path }: { inode: string; number: number; path: string },
  bytes: Buffer,
): RecordedEvent {
  switch (kind) {
    case 'create':
    case 'mkdir':
    case 'mode':
      return { kind, inode, mode: number, path }
    case 'write':
      return { kind, inode, at: number, bytes, path }
    case 'truncate':
      return { kind, inode, size: number, path }
    case 'sync':
      return { kind, inode, path }
    case 'rename':
    case 'link':
      return { kind, from: bytes.toString('utf8'), path }
    case 'unlink':
    case 'rmdir':
      return { kind, path }
    case 'said':
      return { kind, text: bytes.toString('utf8') }
    default:
      throw new TypeError(`no event of a recording: ${kind}`)
  }
}
