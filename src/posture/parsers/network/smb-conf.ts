/** Parametric names contain a colon, such as `vfs:option`. */
const NAME = /^[a-z][\w :.-]*$/i

/**
 * The section `[global]` of smb.conf(5). Names in lower case and without spaces, which Samba ignores; later lines win.
 *
 * @returns undefined when a line is not understood.
 */
export function parseSmbConf(text: string): ReadonlyMap<string, string> | undefined {
  const values = new Map<string, string>()
  // Lines before the first section belong to it.
  let isGlobal = true
  for (const raw of text.replace(/\\\r?\n/g, ' ').split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const [, section] = /^\[([^\]]+)\]$/.exec(line) ?? []
    const at = line.indexOf('=')
    if (section !== undefined) isGlobal = section.trim().toLowerCase() === 'global'
    else if (at < 1 || !NAME.test(line.slice(0, at))) return undefined
    else if (isGlobal) values.set(line.slice(0, at).replace(/\s/g, '').toLowerCase(), line.slice(at + 1).trim())
  }
  return values
}
