import type { Status } from '../../src/protocol/messages/control.ts'
import { HAS_ACCOUNT } from '../support/users/has-account.ts'

/** In homes, or where none is known. */
const LAST_LOOKED_FOR = HAS_ACCOUNT ? 'firefox-extensions' : 'processes'

/** Everything was looked at once: all checks, the hardware, the homes. */
export function isCollected({ findings, inventory, sources }: Status): boolean {
  return findings.length > 12 && inventory !== undefined && sources.some(({ source }) => source === LAST_LOOKED_FOR)
}
