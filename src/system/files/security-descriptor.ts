import { SuretyError } from '../../base/errors.ts'

/** Security descriptors of Windows in their self-relative form: MS-DTYP, section 2.4.6. */

export interface SecurityDescriptor {
  /** A SID as text; undefined when it has no owner. */
  readonly owner: string | undefined
  /** Undefined when there is no list: everybody may do anything. */
  readonly grants: readonly Grant[] | undefined
}

/** What one entry of the list allows. */
export interface Grant {
  readonly sid: string
  readonly mask: number
  /** It says nothing of the object itself, only of what will be made in it. */
  readonly isInheritOnly: boolean
}

const HEADER_BYTES = 20
const DACL_PRESENT = 0x0004
const SELF_RELATIVE = 0x8000
const INHERIT_ONLY = 0x08
/** Plain, with conditions, of an object, and both. */
const ALLOWING: readonly number[] = [0, 9, 5, 11]
const DENYING: readonly number[] = [1, 10, 6, 12]
const OF_OBJECT: readonly number[] = [5, 11]
const MAX_SUB_AUTHORITIES = 15

/**
 * Entries that deny are left out, so that somebody may seem to have more rights than they have and never fewer. An entry that allows
 * under a condition counts as one that allows.
 *
 * @throws `INPUT_MALFORMED` for anything else than a whole descriptor with entries that are known.
 */
export function parseSecurityDescriptor(bytes: Uint8Array): SecurityDescriptor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    if (view.getUint8(0) !== 1 || (view.getUint16(2, true) & SELF_RELATIVE) === 0) throw malformed('its header')
    const ownerAt = view.getUint32(4, true)
    const daclAt = view.getUint32(16, true)
    const isListed = (view.getUint16(2, true) & DACL_PRESENT) !== 0 && daclAt !== 0
    return {
      owner: ownerAt === 0 ? undefined : readSid(view, at(view, ownerAt), view.byteLength),
      grants: isListed ? readList(view, at(view, daclAt)) : undefined,
    }
  } catch (cause) {
    if (cause instanceof SuretyError) throw cause
    throw malformed('it ends too early', cause)
  }
}

function readList(view: DataView, start: number): readonly Grant[] {
  const revision = view.getUint8(start)
  const end = start + view.getUint16(start + 2, true)
  if ((revision !== 2 && revision !== 4) || end > view.byteLength) throw malformed('its list')
  const grants: Grant[] = []
  let entry = start + 8
  for (let left = view.getUint16(start + 4, true); left > 0; left--) {
    const size = view.getUint16(entry + 2, true)
    if (size < 8 || entry + size > end) throw malformed('an entry of its list')
    const grant = readEntry(view, entry, entry + size)
    if (grant !== undefined) grants.push(grant)
    entry += size
  }
  return grants
}

function readEntry(view: DataView, start: number, end: number): Grant | undefined {
  const type = view.getUint8(start)
  if (DENYING.includes(type)) return undefined
  // What an unknown entry allows is not known.
  if (!ALLOWING.includes(type)) throw malformed(`an entry of type ${type}`)
  const flags = view.getUint8(start + 1)
  const mask = view.getUint32(start + 4, true)
  const sidAt = start + 8 + (OF_OBJECT.includes(type) ? objectBytes(view.getUint32(start + 8, true)) : 0)
  return { sid: readSid(view, sidAt, end), mask, isInheritOnly: (flags & INHERIT_ONLY) !== 0 }
}

/** Flags, and the GUIDs that they announce. */
function objectBytes(flags: number): number {
  return 4 + ((flags & 1) !== 0 ? 16 : 0) + ((flags & 2) !== 0 ? 16 : 0)
}

/** As ConvertSidToStringSid has it: decimal, or hexadecimal for an authority of more than 32 bits. */
function readSid(view: DataView, start: number, end: number): string {
  const count = view.getUint8(start + 1)
  if (view.getUint8(start) !== 1 || count > MAX_SUB_AUTHORITIES || start + 8 + 4 * count > end) throw malformed('a SID')
  const high = view.getUint16(start + 2)
  const low = view.getUint32(start + 4)
  const authority =
    high === 0 ? String(low) : `0x${high.toString(16).padStart(4, '0')}${low.toString(16).padStart(8, '0')}`
  const rest = Array.from({ length: count }, (_, index) => view.getUint32(start + 8 + 4 * index, true))
  return ['S', 1, authority, ...rest].join('-')
}

function at(view: DataView, offset: number): number {
  if (offset < HEADER_BYTES || offset >= view.byteLength) throw malformed('an offset')
  return offset
}

function malformed(what: string, cause?: unknown): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `a security descriptor that cannot be read: ${what}`, { cause })
}
