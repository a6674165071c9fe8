/** What `fdesetup status` says of the volume that macOS starts from. */
export type FileVaultState = 'on' | 'off' | 'encrypting' | 'decrypting' | 'deferred'

/** @returns undefined for lines that are not known: in another language, or cut. */
export function parseFdesetupStatus(stdout: string): FileVaultState | undefined {
  const lines = stdout.split('\n').map((line) => line.trim())
  const [first] = lines
  if (lines.some((line) => /^Decryption in progress\b/.test(line))) return 'decrypting'
  if (lines.some((line) => /^Encryption in progress\b/.test(line))) return 'encrypting'
  if (first === 'FileVault is On.') return 'on'
  if (first !== 'FileVault is Off.') return undefined
  return lines.some((line) => /^Deferred enablement\b/.test(line)) ? 'deferred' : 'off'
}
