import { type Bytes, concatBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { u16, u32 } from '../../crypto/tpm/structures.ts'
import { emptyPassword } from './authorisation.ts'
import { HIERARCHY, last, type Options, selectionOf } from './commands.ts'
import { RC_INITIALIZE, RC_SUCCESS } from './response-codes.ts'
import { byHandle, type TpmClient } from './tpm-client.ts'

/** Commands that ask a TPM about itself and use no key. Each throws what `TpmClient.execute` throws. */

/** Does nothing on a TPM that runs already. */
export async function startup(tpm: TpmClient, options: Options): Promise<void> {
  await tpm.attempt({ name: 'Startup', parameters: u16(0) }, [RC_SUCCESS, RC_INITIALIZE], options)
}

export async function getRandom(tpm: TpmClient, bytes: number, options: Options): Promise<Bytes> {
  const { parameters } = await tpm.execute({ name: 'GetRandom', parameters: u16(bytes) }, options)
  return last(parameters, parameters.sized(64))
}

/** Real TPMs hold a few dozen. */
const MAX_HANDLES = 1_024

/** All handles from `first` on whose highest byte is that of `first`. */
export async function listHandles(tpm: TpmClient, first: number, options: Options): Promise<readonly number[]> {
  const handles: number[] = []
  for (let from = first, more = true; more; ) {
    const page = await capability(tpm, 0x1, from, options)
    const count = page.data.u32()
    for (let i = 0; i < count; i++) handles.push(page.data.u32())
    page.data.end()
    const next = (handles.at(-1) ?? first) + 1
    more = page.more && count > 0
    // A TPM that repeats itself would make this loop endless.
    if (more && (next <= from || handles.length > MAX_HANDLES)) page.data.refuse('an endless list of handles')
    from = next
  }
  return handles.filter((handle) => handle >>> 24 === first >>> 24)
}

export async function hasCurve(tpm: TpmClient, curve: number, options: Options): Promise<boolean> {
  const { data } = await capability(tpm, 0x8, 0, options)
  const count = data.u32()
  const curves = Array.from({ length: Math.min(count, 64) }, () => data.u16())
  return curves.includes(curve)
}

async function capability(tpm: TpmClient, kind: number, property: number, options: Options) {
  const command = { name: 'GetCapability', parameters: concatBytes(u32(kind), u32(property), u32(64)) } as const
  const { parameters: data } = await tpm.execute(command, options)
  const more = data.u8() === 1
  if (data.u32() !== kind) data.refuse('not the requested capability')
  return { more, data }
}

/** The bytes of an NV index. @throws `KEY_NOT_FOUND` if there is none. */
export async function readNv(tpm: TpmClient, index: number, options: Options): Promise<Bytes> {
  const { parameters } = await tpm.execute({ name: 'NV_ReadPublic', handles: [byHandle(index)] }, options)
  parameters.u16()
  parameters.u32()
  parameters.u16()
  parameters.u32()
  parameters.sized(64)
  const size = parameters.u16()
  const parts: Uint8Array[] = []
  for (let offset = 0; offset < size; offset += NV_CHUNK) {
    parts.push(await readNvPart(tpm, index, Math.min(NV_CHUNK, size - offset), offset, options))
  }
  return concatBytes(...parts)
}

/** Every TPM returns at least this many bytes at once. */
const NV_CHUNK = 512

async function readNvPart(tpm: TpmClient, index: number, size: number, offset: number, options: Options) {
  const read = async (authority: number) => {
    const { parameters } = await tpm.execute(
      {
        name: 'NV_Read',
        handles: [byHandle(authority), byHandle(index)],
        authorisations: [emptyPassword],
        parameters: concatBytes(u16(size), u16(offset)),
      },
      options,
    )
    return last(parameters, parameters.sized(NV_CHUNK))
  }
  // Most vendors let the index authorise itself, some only the owner.
  return await read(index).catch(() => read(HIERARCHY.owner))
}

/** The values of the SHA-256 bank by index. */
export async function readPcrs(
  tpm: TpmClient,
  pcrs: readonly number[],
  options: Options,
): Promise<ReadonlyMap<number, Bytes>> {
  const values = new Map<number, Bytes>()
  // A TPM returns at most eight digests at once.
  for (let at = 0; at < pcrs.length; at += 8) {
    const asked = pcrs.slice(at, at + 8)
    const { parameters } = await tpm.execute({ name: 'PCR_Read', parameters: selectionOf(asked) }, options)
    parameters.u32()
    const selected = concatBytes(u32(parameters.u32()), parameters.bytes(selectionOf(asked).length - 4))
    if (selected.join() !== selectionOf(asked).join()) {
      throw new SuretyError('KEY_UNSUPPORTED', 'the SHA-256 bank of PCRs is not active')
    }
    const count = parameters.u32()
    if (count !== asked.length) parameters.refuse(`${count} PCR values, not ${asked.length}`)
    for (const index of asked) values.set(index, parameters.sized(32))
  }
  return values
}
