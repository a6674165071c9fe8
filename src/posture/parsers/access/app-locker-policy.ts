/**
 * The mode of each collection of rules in the XML of `Get-AppLockerPolicy -Effective -Xml`: `Enabled`, `AuditOnly` or
 * `NotConfigured` for `Exe`, `Msi` and others.
 *
 * @returns undefined when it is no whole policy, or names a collection twice.
 */
export function parseAppLockerPolicy(xml: string): ReadonlyMap<string, string> | undefined {
  const text = xml.trim()
  if (!/^(?:<\?xml[^>]*\?>\s*)?<AppLockerPolicy\b/.test(text)) return undefined
  if (!/(?:<\/AppLockerPolicy>|<AppLockerPolicy\b[^>]*\/>)$/.test(text)) return undefined
  const modes = new Map<string, string>()
  for (const [, attributes = ''] of text.matchAll(/<RuleCollection\b([^>]*)>/g)) {
    const type = /\bType="(\w+)"/.exec(attributes)?.[1]
    const mode = /\bEnforcementMode="(Enabled|AuditOnly|NotConfigured)"/.exec(attributes)?.[1]
    if (type === undefined || mode === undefined || modes.has(type)) return undefined
    modes.set(type, mode)
  }
  return modes
}
