/** ZFS properties `encryption` and `keystatus` of one dataset. */
export interface DatasetEncryption {
  /** A cipher such as `aes-256-gcm`, or `off`. */
  readonly encryption: string
}

/** Reads `zfs get -Hp -o name,property,value encryption`. @returns undefined if any line is not understood. See zfsprops(7). */
export function parseZfsEncryption(stdout: string): ReadonlyMap<string, DatasetEncryption> | undefined {
  const datasets = new Map<string, DatasetEncryption>()
  for (const line of stdout.split('\n')) {
    if (line === '') continue
    const [name = '', property, value = '', ...more] = line.split('\t')
    if (name === '' || property !== 'encryption' || more.length > 0 || !/^(?:off|-|aes-\d{3}-[cg]cm)$/.test(value)) {
      return undefined
    }
    datasets.set(name, { encryption: value })
  }
  return datasets
}

/** Reads the device paths of one pool from `zpool list -vHP`: pools start a line, their devices follow after a tab. */
export function parseZpoolDevices(stdout: string, pool: string): readonly string[] {
  const devices: string[] = []
  let here = false
  for (const line of stdout.split('\n')) {
    if (line !== '' && !line.startsWith('\t')) here = line.split('\t', 1)[0] === pool
    const [, path] = /^\t+(\/\S+)\t/.exec(line) ?? []
    if (here && path !== undefined) devices.push(path)
  }
  return devices
}
