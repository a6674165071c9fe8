import { type CheckOutcome, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../components.ts'
import { parseApfsVolumes } from '../parsers/disk/apfs-volumes.ts'
import { parseFdesetupStatus } from '../parsers/disk/fdesetup-status.ts'
import { ask } from './ask.ts'

/** Volumes with files of macOS alone, and swap, which macOS encrypts with a key of each boot. */
const ROLES_OF_SYSTEM = new Set(['Preboot', 'Recovery', 'VM', 'Update', 'xART', 'Hardware', 'Installer', 'Baseband'])

/** `disk.root-encrypted`: FileVault is on for the volume that macOS starts from, and nothing is left to encrypt. */
export async function checkRootEncrypted(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const { stdout } = await ask(components, 'fileVault', context)
  const state = parseFdesetupStatus(stdout)
  switch (state) {
    case 'on':
      return pass('FileVault is on.')
    case 'encrypting':
      return fail('FileVault is being turned on: the disk is not encrypted whole yet. Keep the Mac on its charger.')
    case 'decrypting':
      return fail('FileVault is being turned off: the disk is being decrypted.')
    case 'deferred':
      return fail('FileVault is off. It is set to be turned on when a user logs out or in again.')
    case 'off':
      return fail('FileVault is off.')
    case undefined:
      return unknown('the answer of fdesetup was not understood')
  }
  state satisfies never
}

/**
 * `disk.fixed-encrypted`: every APFS volume with files of people asks for a secret of a person. Volumes of other file systems are not
 * listed by macOS here.
 */
export async function checkFixedEncrypted(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const { stdout } = await ask(components, 'volumes', context)
  const all = parseApfsVolumes(stdout)
  if (all === undefined) return unknown('the list of volumes was not understood')
  const volumes = all.filter(({ roles }) => !roles.some((role) => ROLES_OF_SYSTEM.has(role)))
  if (volumes.length === 0) return unknown('diskutil lists no APFS volume with files of people')
  const open = volumes.filter(({ fileVault }) => !fileVault).map(({ name }) => name)
  if (open.length > 0) return fail(`Not encrypted with a password: ${listed(open)}.`)
  const changing = volumes.filter(({ migrating }) => migrating).map(({ name }) => name)
  if (changing.length > 0) return fail(`Not encrypted whole yet: ${listed(changing)}.`)
  return pass(
    `Encrypted with a password: ${listed(volumes.map(({ name }) => name))}. Volumes that are not APFS are not seen.`,
  )
}
