/** What a device-mapper device does to the data, as the prefix of its UUID says. */
export type MapperRole =
  | { readonly kind: 'encrypts'; readonly how: string }
  /** Passes the data on as it is: the devices below decide. */
  | { readonly kind: 'passes' }
  | { readonly kind: 'unclear'; readonly reason: string }

const CRYPT: Readonly<Record<string, string>> = {
  LUKS1: 'LUKS1',
  LUKS2: 'LUKS2',
  PLAIN: 'plain dm-crypt',
  TCRYPT: 'VeraCrypt',
  BITLK: 'BitLocker',
  FVAULT2: 'FileVault',
  LOOPAES: 'loop-AES',
}

/** Integrity and verity check data and hide nothing. */
const TRANSPARENT = /^(?:CRYPT-(?:VERITY|INTEGRITY)-|LVM-|mpath-|part\d+-|DMRAID-|stratis-|VDO-|multipath-)/i

/**
 * Reads /sys/block/dm-N/dm/uuid. The prefixes are those of cryptsetup (`dm_prepare_uuid`), LVM and multipath-tools.
 *
 * A LUKS2 device whose prefix says OPAL leaves the encryption to the drive, which cannot be seen from here.
 */
export function mapperRole(uuid: string): MapperRole {
  const text = uuid.trim()
  if (text.startsWith('CRYPT-LUKS2-OPAL')) {
    return {
      kind: 'unclear',
      reason: 'encryption is left to the drive itself (OPAL), which cannot be checked from here',
    }
  }
  const [, type = ''] = /^CRYPT-([A-Z0-9]+)-./.exec(text) ?? []
  const how = Object.hasOwn(CRYPT, type) ? CRYPT[type] : undefined
  if (how !== undefined) {
    // cryptsetup puts the volume's own UUID behind LUKS: 32 hex digits, then the name.
    const wellFormed = !type.startsWith('LUKS') || /^CRYPT-LUKS[12]-[0-9a-f]{32}-./.test(text)
    return wellFormed ? { kind: 'encrypts', how } : unclear(text)
  }
  return text === '' || TRANSPARENT.test(text) ? { kind: 'passes' } : unclear(text)
}

function unclear(uuid: string): MapperRole {
  return { kind: 'unclear', reason: `device-mapper type not known (${JSON.stringify(uuid.slice(0, 40))})` }
}
