/** `custom`: parts of it are off. */
export type SystemIntegrityState = 'enabled' | 'disabled' | 'custom'

/** Reads `csrutil status`. @returns undefined for a line that is not known. */
export function parseCsrutilStatus(stdout: string): SystemIntegrityState | undefined {
  const state = /^System Integrity Protection status: (.+?)\.?$/m.exec(stdout)?.[1]?.trim()
  if (state === 'enabled' || state === 'disabled') return state
  return state !== undefined && /\bcustom configuration\b/i.test(state) ? 'custom' : undefined
}
