/**
 * Reads `launchctl print-disabled system`: which services were switched on or off. A service that is not listed is as its maker
 * delivers it. macOS 13 and newer write `enabled` and `disabled`; older ones `true` for what is disabled.
 *
 * @returns undefined when the block is not there or not whole.
 */
export function parseLaunchdOverrides(stdout: string): ReadonlyMap<string, 'enabled' | 'disabled'> | undefined {
  const block = /^[ \t]*disabled services = \{\n([\s\S]*?)^[ \t]*\}/m.exec(stdout)?.[1]
  if (block === undefined) return undefined
  const overrides = new Map<string, 'enabled' | 'disabled'>()
  for (const line of block.split('\n')) {
    if (line.trim() === '') continue
    const [, label, state] = /^\s*"([^"]+)" => (enabled|disabled|true|false)$/.exec(line) ?? []
    if (label === undefined) return undefined
    overrides.set(label, state === 'disabled' || state === 'true' ? 'disabled' : 'enabled')
  }
  return overrides
}
