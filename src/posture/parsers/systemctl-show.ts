/** The states of one unit, from `systemctl show --property=LoadState,ActiveState,UnitFileState UNIT`. */
export interface UnitState {
  readonly loaded: string
  readonly active: string
  readonly enabled: string
}

/** @returns undefined unless exactly these three properties are there, once each. */
export function parseSystemctlShow(stdout: string): UnitState | undefined {
  const values = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    if (line === '') continue
    const [, name, value] = /^(LoadState|ActiveState|UnitFileState)=([a-z-]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined || values.has(name)) return undefined
    values.set(name, value)
  }
  const loaded = values.get('LoadState')
  const active = values.get('ActiveState')
  const enabled = values.get('UnitFileState')
  return loaded === undefined || active === undefined || enabled === undefined ? undefined : { loaded, active, enabled }
}
