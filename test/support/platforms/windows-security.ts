import { type WindowsSecurityAddon, windowsRights } from '../../../src/system/files/windows-rights.ts'

/** Rights of Windows on files of this machine: security descriptors by path, and no system that would obey them. */

export const SYSTEM = 'S-1-5-18'
export const ADMINISTRATORS = 'S-1-5-32-544'
export const USERS = 'S-1-5-32-545'
export const EVERYBODY = 'S-1-1-0'
export const ANN = 'S-1-5-21-1-2-3-1001'
export const MALLORY = 'S-1-5-21-1-2-3-1002'

/** winnt.h. */
export const FULL = 0x1f01ff
export const READ_AND_RUN = 0x1200a9

export interface Entry {
  readonly sid: string
  readonly mask: number
  /** 0 allows, 1 denies. */
  readonly type?: number
  readonly flags?: number
  /** Between the mask and the SID, as entries for objects have it. */
  readonly between?: Uint8Array
}

export interface DescriptorInit {
  readonly owner?: string
  /** Without it, there is no list. */
  readonly entries?: readonly Entry[]
}

/** MS-DTYP, section 2.4.6: the header, the owner, the list. */
export function descriptorBytes({ owner, entries }: DescriptorInit): Uint8Array {
  const ownerBytes = owner === undefined ? Buffer.alloc(0) : sidBytes(owner)
  const list = entries === undefined ? Buffer.alloc(0) : listBytes(entries)
  const header = Buffer.alloc(20)
  header.writeUInt8(1, 0)
  header.writeUInt16LE(0x8000 | (entries === undefined ? 0 : 0x0004), 2)
  header.writeUInt32LE(owner === undefined ? 0 : 20, 4)
  header.writeUInt32LE(entries === undefined ? 0 : 20 + ownerBytes.length, 16)
  return new Uint8Array(Buffer.concat([header, ownerBytes, list]))
}

function listBytes(entries: readonly Entry[]): Buffer {
  const parts = entries.map(({ sid, mask, type = 0, flags = 0, between = new Uint8Array() }) => {
    const body = Buffer.concat([between, sidBytes(sid)])
    const head = Buffer.alloc(8)
    head.writeUInt8(type, 0)
    head.writeUInt8(flags, 1)
    head.writeUInt16LE(8 + body.length, 2)
    head.writeUInt32LE(mask >>> 0, 4)
    return Buffer.concat([head, body])
  })
  const head = Buffer.alloc(8)
  head.writeUInt8(2, 0)
  head.writeUInt16LE(8 + parts.reduce((sum, part) => sum + part.length, 0), 2)
  head.writeUInt16LE(entries.length, 4)
  return Buffer.concat([head, ...parts])
}

export function sidBytes(sid: string): Buffer {
  const [, , authority = '', ...rest] = sid.split('-')
  const bytes = Buffer.alloc(8 + 4 * rest.length)
  bytes.writeUInt8(1, 0)
  bytes.writeUInt8(rest.length, 1)
  bytes.writeUIntBE(Number(authority), 2, 6)
  for (const [index, part] of rest.entries()) bytes.writeUInt32LE(Number(part), 8 + 4 * index)
  return bytes
}

/** What a file has that its owner made in a folder for itself and administrators. */
export function closedTo(owner: string): Uint8Array {
  const entries = [SYSTEM, ADMINISTRATORS, owner].map((sid) => ({ sid, mask: FULL }))
  return descriptorBytes({ owner, entries })
}

/** @param descriptorOf the path as Windows has it, such as `\\?\C:\x`. Throw `windowsError` for one that is not there. */
export function rightsWith(
  descriptorOf: (path: string) => Uint8Array,
  { written = [], isElevated = false }: { readonly written?: string[]; readonly isElevated?: boolean } = {},
) {
  const note = (path: string, sddl: string) => {
    written.push(`${path} ${sddl}`)
  }
  const addon: WindowsSecurityAddon = {
    securityRead: descriptorOf,
    securityWrite: note,
    securityMakeFolder: note,
    securityMakeFile: note,
    ownToken: () => ({ userId: ANN, isAdministrator: isElevated }),
    securityWindowsFolder: () => 'C:\\Windows',
    securityFlushFolder: () => undefined,
  }
  return windowsRights(addon)
}

export function windowsError(call: string, number: number): Error {
  return Object.assign(new Error(`error ${number}`), { code: call })
}
