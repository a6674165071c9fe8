import type { WindowsFacts, WmiRow } from '../../system/facts/windows-facts.ts'
import { type CheckOutcome, counted, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext } from '../components.ts'
import { numberOf, type WindowsCheck, wordsOf } from './windows-check.ts'

const NAMESPACE = 'root\\CIMV2\\Security\\MicrosoftVolumeEncryption'
const CLASS = 'Win32_EncryptableVolume'
const CURRENT_VERSION = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion'
/** DriveType of Win32_Volume. */
const FIXED = 3

interface Volume {
  /** `\\?\Volume{…}\`, which WMI names alike in both classes. */
  readonly id: string
  /** `C:`, or the folder where it is mounted. */
  readonly name: string
}

type Protection = { readonly kind: 'encrypted' } | { readonly kind: 'plain' | 'unclear'; readonly why: string }

/** `disk.root-encrypted`: BitLocker protects the volume of Windows, and it is encrypted to its end. */
export const checkRootEncrypted: WindowsCheck = async (facts, context) => {
  const letter = systemDrive(facts)
  if (letter === undefined) return unknown('Windows does not name its own folder')
  const volumes = await encryptableVolumes(facts, context)
  if (volumes === undefined) return NO_BITLOCKER
  const volume = volumes.find(({ name }) => name === letter)
  if (volume === undefined) return unknown(`BitLocker does not list the volume of Windows (${letter})`)
  const protection = await protectionOf(facts, volume, context)
  switch (protection.kind) {
    case 'encrypted':
      return pass(`BitLocker protects ${letter}, the volume of Windows.`)
    case 'plain':
      return fail(`The volume of Windows is not protected: ${letter} (${protection.why}).`)
    case 'unclear':
      return unknown(`whether ${letter} is protected is not clear: ${protection.why}`)
  }
}

/** `disk.fixed-encrypted`: the same of each other volume on a fixed disk that has a letter or a folder. */
export const checkFixedEncrypted: WindowsCheck = async (facts, context) => {
  const letter = systemDrive(facts)
  if (letter === undefined) return unknown('Windows does not name its own folder')
  const fixed = await fixedVolumes(facts, context)
  if (fixed === undefined) return unknown('Windows does not list its volumes')
  const encryptable = await encryptableVolumes(facts, context)
  if (encryptable === undefined) return NO_BITLOCKER
  const others = fixed.filter(({ name }) => name !== letter)
  const plain: string[] = []
  const unclear: string[] = []
  for (const volume of others) {
    const protection = encryptable.some(({ id }) => id === volume.id)
      ? await protectionOf(facts, volume, context)
      : ({ kind: 'plain', why: 'its file system cannot be encrypted with BitLocker' } as const)
    if (protection.kind === 'plain') plain.push(`${volume.name} (${protection.why})`)
    if (protection.kind === 'unclear') unclear.push(`${volume.name} (${protection.why})`)
  }
  if (plain.length > 0) return fail(`${counted(plain.length, 'fixed volume')} not protected: ${listed(plain)}.`)
  if (unclear.length > 0) return unknown(`whether they are protected is not clear: ${listed(unclear)}`)
  return pass(
    others.length === 0
      ? 'Besides the volume of Windows, no volume of a fixed disk has a letter or a folder.'
      : `BitLocker protects ${counted(others.length, 'other fixed volume')}: ${listed(others.map(({ name }) => name))}.`,
  )
}

const NO_BITLOCKER: CheckOutcome = unknown(
  'BitLocker does not answer: it is not installed here, or only administrators may ask',
)

/** Upper case, as `C:`. */
function systemDrive({ registry }: WindowsFacts): string | undefined {
  const root = registry.text(CURRENT_VERSION, 'SystemRoot')
  return /^([A-Za-z]:)\\/.exec(root ?? '')?.[1]?.toUpperCase()
}

/** Undefined when there are none: Windows itself lies on one. */
async function encryptableVolumes(facts: WindowsFacts, context: CheckContext): Promise<readonly Volume[] | undefined> {
  const rows = await facts.query(NAMESPACE, `SELECT * FROM ${CLASS}`, context)
  const volumes = rows?.flatMap((row) => {
    const id = wordsOf(row, 'DeviceID')
    return id === undefined ? [] : [{ id, name: wordsOf(row, 'DriveLetter')?.toUpperCase() ?? id }]
  })
  return volumes === undefined || volumes.length === 0 ? undefined : volumes
}

/** Volumes without a letter or folder, such as that of the recovery system, are left out. */
async function fixedVolumes(facts: WindowsFacts, context: CheckContext): Promise<readonly Volume[] | undefined> {
  const rows = await facts.query('root\\cimv2', 'SELECT * FROM Win32_Volume', context)
  if (rows === undefined || rows.length === 0) return undefined
  return rows.filter((row) => numberOf(row, 'DriveType') === FIXED).flatMap(fixedVolume)
}

function fixedVolume(row: WmiRow): readonly Volume[] {
  const id = wordsOf(row, 'DeviceID')
  const name = wordsOf(row, 'DriveLetter')?.toUpperCase() ?? wordsOf(row, 'Name')
  return id === undefined || name === undefined || !/^[A-Za-z]:/.test(name) ? [] : [{ id, name }]
}

/** ConversionStatus of GetConversionStatus. */
const CONVERSIONS: Readonly<Record<number, string>> = {
  0: 'not encrypted',
  2: 'encryption is running',
  3: 'decryption is running',
  4: 'encryption is paused',
  5: 'decryption is paused',
}

/**
 * By the methods: the property ProtectionStatus may be out of date. Protection alone is not enough, since it is on while the volume is
 * only partly encrypted; nor is encryption, since a suspended volume keeps its key in clear text.
 */
async function protectionOf(facts: WindowsFacts, { id }: Volume, context: CheckContext): Promise<Protection> {
  const ask = async (method: string) =>
    await facts.call({ namespace: NAMESPACE, class: CLASS, key: ['DeviceID', id] }, method, context)
  const converted = await ask('GetConversionStatus')
  const conversion = numberOf(converted, 'ConversionStatus')
  if (numberOf(converted, 'ReturnValue') !== 0 || conversion === undefined) {
    return { kind: 'unclear', why: 'BitLocker does not say how much is encrypted; it may be locked' }
  }
  const notWhole = CONVERSIONS[conversion]
  if (notWhole !== undefined) return { kind: 'plain', why: notWhole }
  if (conversion !== 1) return { kind: 'unclear', why: `BitLocker names a state that is not known (${conversion})` }
  const answer = await ask('GetProtectionStatus')
  if (numberOf(answer, 'ReturnValue') !== 0)
    return { kind: 'unclear', why: 'BitLocker does not say whether it protects' }
  switch (numberOf(answer, 'ProtectionStatus')) {
    case 1:
      return { kind: 'encrypted' }
    case 0:
      return { kind: 'plain', why: 'encrypted, but protection is suspended or off' }
    default:
      return { kind: 'unclear', why: 'BitLocker does not know whether it protects; it may be locked' }
  }
}
