import { Buffer } from 'node:buffer'
import type { WindowsFilesAddon } from '../../../src/system/files/foreign/windows.ts'

/** Codes of winerror.h. */
export const WINDOWS_ERROR = { absent: 2, denied: 5, sharing: 32, notAFolder: 267, noMoreDrives: 3 } as const

export interface FakeWindowsNode {
  readonly text?: string
  /** The tag of a reparse point. */
  readonly tag?: number
  readonly isFolder?: boolean
  readonly attributes?: number
  /** What opening it fails with. */
  readonly fails?: number
  /** None: its owner alone. */
  readonly security?: Uint8Array
  /** Of the drive that it lies on, for a drive. */
  readonly device?: { readonly type: number; readonly flags: number }
}

const ATTRIBUTE = { folder: 0x10, file: 0x20, reparse: 0x400 } as const
/** FILE_DEVICE_DISK */
const DISK = { type: 7, flags: 0 }
const MODIFIED_MS = 1_700_000_000_000

/**
 * Files of a Windows that is not there: what the kernel answers to the calls of the addon, as [MS-FSCC] and winerror.h have it. Nodes by
 * path (`C:/Users`); folders above them are there too.
 */
export function fakeWindowsFiles(nodes: Readonly<Record<string, FakeWindowsNode>>) {
  const all = new Map<string, FakeWindowsNode & { readonly path: string }>()
  for (const [path, node] of Object.entries(nodes)) {
    const names = path.split('/')
    for (let count = 1; count < names.length; count++) {
      const above = names.slice(0, count).join('/')
      const key = above.toUpperCase()
      if (!all.has(key)) all.set(key, { path: above, isFolder: true })
    }
    all.set(path.toUpperCase(), { ...node, path })
  }
  const open = new Map<number, { readonly path: string; listed: number }>()
  let last = 0
  const nodeOf = (handle: number) => all.get((open.get(handle)?.path ?? '').toUpperCase())
  const addon: WindowsFilesAddon = {
    fileOpen(folder, name, _, numbers) {
      const path = folder === 0 ? name.slice(4, 6) : `${open.get(folder)?.path}/${name}`
      const node = all.get(path.toUpperCase())
      if (node === undefined) return folder === 0 ? -WINDOWS_ERROR.noMoreDrives : -WINDOWS_ERROR.absent
      if (node.fails !== undefined) return -node.fails
      const isFolder = node.isFolder === true
      if (MODE_FOLDER === _ && !isFolder) return -WINDOWS_ERROR.notAFolder
      const device = node.device ?? DISK
      numbers.set([
        (node.attributes ?? 0) |
          (isFolder ? ATTRIBUTE.folder : ATTRIBUTE.file) |
          (node.tag === undefined ? 0 : ATTRIBUTE.reparse),
        node.tag ?? 0,
        Buffer.byteLength(node.text ?? ''),
        MODIFIED_MS,
        device.type,
        device.flags,
      ])
      open.set(++last, { path: node.path, listed: 0 })
      return last
    },
    fileRead(handle, offset, bytes) {
      return Buffer.from(nodeOf(handle)?.text ?? '').copy(bytes, 0, offset)
    },
    fileList(handle, restart, bytes) {
      const state = open.get(handle)
      if (state === undefined) return -WINDOWS_ERROR.denied
      if (restart) state.listed = 0
      const prefix = `${state.path.toUpperCase()}/`
      const children = [...all.entries()].filter(
        ([key]) => key.startsWith(prefix) && !key.slice(prefix.length).includes('/'),
      )
      // Two at a time: real folders take several calls too.
      const some = children.slice(state.listed, state.listed + 2).map(([, child]) => child)
      state.listed += some.length
      let at = 0
      for (const [index, child] of some.entries()) {
        at += writeEntry(Buffer.from(bytes.buffer, bytes.byteOffset + at), child, index === some.length - 1)
      }
      return at
    },
    fileSecurity(handle, bytes) {
      const security = nodeOf(handle)?.security ?? securityDescriptor(OWN_ID, [{ sid: OWN_ID, mask: FULL }])
      bytes.set(security)
      return security.length
    },
    filePath: (handle) => `\\\\?\\${(open.get(handle)?.path ?? '').replaceAll('/', '\\')}`,
    fileClose(handle) {
      if (!open.delete(handle)) throw new Error(`handle ${handle} is not open`)
    },
  }
  return { addon, openHandles: () => open.size }
}

const MODE_FOLDER = 0
export const OWN_ID = 'S-1-5-21-1-2-3-1001'
export const FULL = 0x1f01ff

/** One entry of a list of rights. */
export interface FakeGrant {
  readonly sid: string
  readonly mask: number
  /** 0 allows, 1 refuses. */
  readonly type?: number
  readonly flags?: number
}

/** A self-relative security descriptor ([MS-DTYP] 2.4.6). @param grants none at all when undefined. */
export function securityDescriptor(owner: string, grants: readonly FakeGrant[] | undefined): Uint8Array {
  const ownerBytes = sidBytes(owner)
  const entries = (grants ?? []).map(({ sid, mask, type = 0, flags = 0 }) => {
    const head = Buffer.alloc(8)
    head.writeUInt8(type, 0)
    head.writeUInt8(flags, 1)
    head.writeUInt16LE(8 + sidBytes(sid).length, 2)
    head.writeUInt32LE(mask >>> 0, 4)
    return Buffer.concat([head, sidBytes(sid)])
  })
  const list = Buffer.concat([Buffer.alloc(8), ...entries])
  list.writeUInt8(2, 0)
  list.writeUInt16LE(list.length, 2)
  list.writeUInt16LE(entries.length, 4)
  const head = Buffer.alloc(20)
  head.writeUInt8(1, 0)
  head.writeUInt16LE(0x8000 | (grants === undefined ? 0 : 4), 2)
  head.writeUInt32LE(20, 4)
  head.writeUInt32LE(grants === undefined ? 0 : 20 + ownerBytes.length, 16)
  return Buffer.concat([head, ownerBytes, ...(grants === undefined ? [] : [list])])
}

function sidBytes(sid: string): Buffer {
  const [, , authority = '0', ...rest] = sid.split('-')
  const bytes = Buffer.alloc(8 + rest.length * 4)
  bytes.writeUInt8(1, 0)
  bytes.writeUInt8(rest.length, 1)
  bytes.writeUInt16BE(0, 2)
  bytes.writeUInt32BE(Number(authority), 4)
  for (const [at, part] of rest.entries()) bytes.writeUInt32LE(Number(part), 8 + at * 4)
  return bytes
}

/** FILE_FULL_DIR_INFORMATION, aligned to eight bytes. */
function writeEntry(
  to: Buffer,
  { path, tag, isFolder }: FakeWindowsNode & { readonly path: string },
  isLast: boolean,
): number {
  const name = Buffer.from(path.slice(path.lastIndexOf('/') + 1), 'utf16le')
  const bytes = Math.ceil((68 + name.length) / 8) * 8
  to.fill(0, 0, bytes)
  to.writeUInt32LE(isLast ? 0 : bytes, 0)
  to.writeUInt32LE(
    (isFolder === true ? ATTRIBUTE.folder : ATTRIBUTE.file) | (tag === undefined ? 0 : ATTRIBUTE.reparse),
    56,
  )
  to.writeUInt32LE(name.length, 60)
  to.writeUInt32LE(tag ?? 0, 64)
  name.copy(to, 68)
  return bytes
}
