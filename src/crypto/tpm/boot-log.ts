import { type Bytes, equalBytes } from '../../base/bytes.ts'
import { ALG } from './algorithms.ts'
import { digest } from './public-area.ts'
import { TpmReader } from './structures.ts'

/** The log of measured boot, in its crypto-agile form (TCG PC Client Platform Firmware Profile 1.05, section 10). */
export interface BootLog {
  /** The SHA-256 values that the log comes to, of each PCR that it extends. */
  readonly pcrs: ReadonlyMap<number, Bytes>
  /**
   * Whether the firmware measured that UEFI Secure Boot was on. Undefined if it measured no such thing, or both. It holds only if the
   * value of PCR 7 in the TPM is that of `pcrs`.
   */
  readonly secureBoot: boolean | undefined
}

const EV_NO_ACTION = 0x3
const EV_EFI_VARIABLE_DRIVER_CONFIG = 0x80000001
const MAX_EVENTS = 16_384
const MAX_EVENT_BYTES = 256 * 1024
const MAX_DIGESTS = 8

interface LogEvent {
  readonly pcr: number
  readonly type: number
  readonly sha256: Bytes | undefined
  readonly data: Bytes
}

/** @throws `TPM_STRUCTURE_MALFORMED`, also for a log of TPM 1.2. */
export function readBootLog(bytes: Uint8Array): BootLog {
  const reader = new TpmReader('log of measured boot', bytes, { littleEndian: true })
  const sizes = readHeader(reader)
  const pcrs = new Map<number, Bytes>()
  const measured = new Set<boolean>()
  for (let count = 0; reader.remaining > 0; count++) {
    if (count >= MAX_EVENTS) reader.refuse('too many events')
    const event = readEvent(reader, sizes)
    if (event.type === EV_NO_ACTION) {
      const locality = startupLocality(event)
      if (locality !== undefined && !pcrs.has(0)) pcrs.set(0, new Uint8Array(32).fill(locality, 31))
      continue
    }
    const value = event.sha256 ?? reader.refuse('an event without SHA-256')
    pcrs.set(event.pcr, digest('sha256', pcrs.get(event.pcr) ?? new Uint8Array(32), value))
    const isOn = secureBootIn(event)
    if (isOn !== undefined) measured.add(isOn)
  }
  const [first] = measured
  return { pcrs, secureBoot: measured.size === 1 ? first : undefined }
}

/** The first event is in the form of TPM 1.2. @returns the sizes of digests by algorithm. */
function readHeader(reader: TpmReader): ReadonlyMap<number, number> {
  const [pcr, type] = [reader.u32(), reader.u32()]
  reader.bytes(20)
  const data = new TpmReader('head of the log of measured boot', reader.bytes(readSize(reader)), { littleEndian: true })
  if (pcr !== 0 || type !== EV_NO_ACTION || asciiOf(data.bytes(16)) !== 'Spec ID Event03') {
    reader.refuse('not in the crypto-agile form')
  }
  data.bytes(8)
  const count = data.u32()
  if (count > MAX_DIGESTS) data.refuse(`${count} algorithms`)
  return new Map(Array.from({ length: count }, () => [data.u16(), data.u16()]))
}

function readEvent(reader: TpmReader, sizes: ReadonlyMap<number, number>): LogEvent {
  const [pcr, type, count] = [reader.u32(), reader.u32(), reader.u32()]
  if (pcr > 23) reader.refuse(`PCR ${pcr}`)
  if (count > MAX_DIGESTS) reader.refuse(`${count} digests`)
  let found: Bytes | undefined
  for (let index = 0; index < count; index++) {
    const algorithm = reader.u16()
    const size = sizes.get(algorithm) ?? reader.refuse(`algorithm 0x${algorithm.toString(16)}`)
    if (size > 64) reader.refuse(`a digest of ${size} bytes`)
    const value = reader.bytes(size)
    if (algorithm === ALG.sha256) found = value
  }
  if (found !== undefined && found.length !== 32) reader.refuse(`a SHA-256 of ${found.length} bytes`)
  return { pcr, type, sha256: found, data: reader.bytes(readSize(reader)) }
}

function readSize(reader: TpmReader): number {
  const size = reader.u32()
  if (size > MAX_EVENT_BYTES) reader.refuse(`an event of ${size} bytes`)
  return size
}

/** PCR 0 does not begin with zeros when the firmware started the TPM from another locality. */
function startupLocality({ pcr, data }: LogEvent): number | undefined {
  return pcr === 0 && data.length === 17 && asciiOf(data.subarray(0, 16)) === 'StartupLocality' ? data[16] : undefined
}

/** The digest of such an event covers its data. Data that it does not cover proves nothing. */
function secureBootIn({ pcr, type, sha256: measured, data }: LogEvent): boolean | undefined {
  if (pcr !== 7 || type !== EV_EFI_VARIABLE_DRIVER_CONFIG || measured === undefined) return undefined
  if (!equalBytes(digest('sha256', data), measured)) return undefined
  const reader = new TpmReader('variable in the log of measured boot', data, { littleEndian: true })
  if (reader.remaining < 32) return undefined
  reader.bytes(16)
  const [nameWords, dataBytes] = [Number(reader.u64()), Number(reader.u64())]
  if (nameWords * 2 + dataBytes !== reader.remaining) return undefined
  const name = Buffer.from(reader.bytes(nameWords * 2)).toString('utf16le')
  return name === 'SecureBoot' ? dataBytes === 1 && reader.u8() === 1 : undefined
}

function asciiOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1').replace(/\0+$/, '')
}
