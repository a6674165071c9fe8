/** What a person chose in this browser. Some browsers refuse storage to a page: then it is as usual, and holds until it is closed. */

const chosen = new Map<string, string | undefined>()

export function keptSetting(key: string): string | undefined {
  if (chosen.has(key)) return chosen.get(key)
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

/** @param value undefined: as usual. */
export function keepSetting(key: string, value: string | undefined): void {
  chosen.set(key, value)
  try {
    if (value === undefined) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // It is in `chosen`.
  }
}
