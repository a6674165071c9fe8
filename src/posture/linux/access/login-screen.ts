import { SuretyError } from '../../../base/errors.ts'
import type { TrustedFileReader } from '../../../system/files/files.ts'
import { type KeyFile, parseKeyFile } from '../../parsers/key-file.ts'
import { listOptional, readOptional } from '../../read-optional.ts'

/** Settings of display managers: the programs that show the login screen. */

const CONFIG_BYTES = 256 * 1024

/** LightDM reads them in this order; later ones win. Groups `Seat:*` and `SeatDefaults` mean every seat. */
const LIGHTDM = [
  ...['/usr/share/lightdm/lightdm.conf.d/', '/usr/local/share/lightdm/lightdm.conf.d/'],
  ...['/etc/lightdm/lightdm.conf.d/', '/etc/lightdm/lightdm.conf'],
]
const SDDM = ['/usr/lib/sddm/sddm.conf.d/', '/etc/sddm.conf.d/', '/etc/sddm.conf']
const GDM = ['/etc/gdm3/daemon.conf', '/etc/gdm3/custom.conf', '/etc/gdm/daemon.conf', '/etc/gdm/custom.conf']

/** The value of each name in any group that `groups` fits, the last one read. @throws `INPUT_MALFORMED`. */
async function settingsOf(
  files: TrustedFileReader,
  places: readonly string[],
  groups: RegExp,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>()
  for (const path of await expanded(files, places)) {
    const file = await readKeyFile(files, path)
    for (const [group, lines] of file ?? []) {
      if (groups.test(group)) for (const [name, value] of lines) values.set(name.toLowerCase(), value)
    }
  }
  return values
}

export function lightdmSettings(files: TrustedFileReader): Promise<ReadonlyMap<string, string>> {
  return settingsOf(files, LIGHTDM, /^(?:Seat:.*|SeatDefaults)$/)
}

export function sddmLogin(files: TrustedFileReader): Promise<ReadonlyMap<string, string>> {
  return settingsOf(files, SDDM, /^Autologin$/)
}

export function gdmSettings(files: TrustedFileReader): Promise<ReadonlyMap<string, string>> {
  return settingsOf(files, GDM, /^daemon$/)
}

/** A place that ends with `/` is a folder whose `*.conf` are read by name. */
async function expanded(files: TrustedFileReader, places: readonly string[]): Promise<readonly string[]> {
  const paths: string[] = []
  for (const place of places) {
    if (!place.endsWith('/')) paths.push(place)
    else {
      const entries = (await listOptional(files, place.slice(0, -1))) ?? []
      paths.push(...entries.filter(({ name }) => name.endsWith('.conf')).map(({ name }) => place + name))
    }
  }
  return paths
}

async function readKeyFile(files: TrustedFileReader, path: string): Promise<KeyFile | undefined> {
  const text = await readOptional(files, path, CONFIG_BYTES)
  if (text === undefined) return undefined
  const file = parseKeyFile(text)
  // None of them reads settings before the first group.
  if (file === undefined || file.has('')) throw new SuretyError('INPUT_MALFORMED', `${path} has a form not known`)
  return file
}

/** As GLib and Qt read them. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|yes|on|1)$/i.test(value)
}
