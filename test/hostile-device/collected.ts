import type { Status } from '../../src/protocol/control.ts'

/** Everything was looked at once: all checks, the hardware, the homes. */
export function isCollected({ findings, inventory, sources }: Status): boolean {
  return (
    findings.length > 12 && inventory !== undefined && sources.some(({ source }) => source === 'firefox-extensions')
  )
}
