/** One `[ProfileN]` of a Firefox `profiles.ini`. */
export interface IniProfile {
  readonly name: string | undefined
  readonly path: string
  readonly relative: boolean
}

/** Reads what `profiles.ini` lists; lines that mean nothing to us are passed over. */
export function parseProfilesIni(text: string): IniProfile[] {
  const profiles: IniProfile[] = []
  let current: Map<string, string> | undefined
  const close = () => {
    const path = current?.get('path')
    if (current !== undefined && path !== undefined && path !== '') {
      profiles.push({ name: current.get('name'), path, relative: current.get('isrelative') !== '0' })
    }
    current = undefined
  }
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('[')) {
      close()
      if (/^\[Profile\d+\]\s*$/.test(line)) current = new Map()
      continue
    }
    const equals = line.indexOf('=')
    if (equals > 0) current?.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1).trim())
  }
  close()
  return profiles
}
