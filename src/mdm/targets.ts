import type { PlatformName } from '../system/platform.ts'

/** The device managements for which files are made. */
export const TARGETS = ['intune', 'jamf', 'kandji', 'jumpcloud', 'gpo', 'ansible'] as const
export type Target = (typeof TARGETS)[number]

/** The systems that each target manages. */
export const SYSTEMS: Readonly<Record<Target, readonly PlatformName[]>> = {
  intune: ['windows', 'darwin', 'linux'],
  jamf: ['darwin'],
  kandji: ['darwin'],
  jumpcloud: ['windows', 'darwin', 'linux'],
  gpo: ['windows'],
  ansible: ['linux'],
}
