import type { TrustedFileReader } from '../../../system/files/files.ts'
import { type CheckOutcome, fail, listed, pass } from '../../check-outcome.ts'
import type { PostureComponents } from '../../components.ts'
import { listOptional, readOptional } from '../../read-optional.ts'
import { gdmSettings, isOn, lightdmSettings, sddmLogin } from './login-screen.ts'

const UNITS = '/etc/systemd/system'
/** A unit of a console, or the folder with its additions. */
const CONSOLE = /getty.*\.service(\.d)?$/

/** `access.automatic-login`: GDM, SDDM, LightDM and consoles ask before they log someone in. Others are not read. */
export async function checkAutomaticLogin({ files }: PostureComponents): Promise<CheckOutcome> {
  const found = [...(await byGdm(files)), ...(await bySddm(files)), ...(await byLightdm(files))]
  found.push(...(await onConsoles(files)))
  return found.length > 0
    ? fail(`The system logs in without asking: ${listed(found)}.`)
    : pass('No account is logged in automatically by GDM, SDDM, LightDM or a console.')
}

async function byGdm(files: TrustedFileReader): Promise<readonly string[]> {
  const settings = await gdmSettings(files)
  return (['automaticlogin', 'timedlogin'] as const).flatMap((name) => {
    const user = settings.get(name)
    return isOn(settings.get(`${name}enable`)) && user ? [`${user} (GDM)`] : []
  })
}

async function bySddm(files: TrustedFileReader): Promise<readonly string[]> {
  const user = (await sddmLogin(files)).get('user')
  return user ? [`${user} (SDDM)`] : []
}

async function byLightdm(files: TrustedFileReader): Promise<readonly string[]> {
  const settings = await lightdmSettings(files)
  const user = settings.get('autologin-user')
  if (isOn(settings.get('autologin-guest'))) return ['a guest (LightDM)']
  return user ? [`${user} (LightDM)`] : []
}

async function onConsoles(files: TrustedFileReader): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const { name, kind } of (await listOptional(files, UNITS)) ?? []) {
    const [fits, isFolder] = CONSOLE.exec(name) ?? []
    if (fits === undefined || (isFolder === undefined && kind !== 'file')) continue
    const folder = `${UNITS}/${name}`
    const entries = isFolder === undefined ? undefined : ((await listOptional(files, folder)) ?? [])
    const paths = entries?.filter((entry) => entry.name.endsWith('.conf')).map((entry) => `${folder}/${entry.name}`)
    for (const path of paths ?? [folder]) {
      const user = agettyLogin((await readOptional(files, path)) ?? '')
      if (user !== undefined) found.add(`${user} (console)`)
    }
  }
  return [...found]
}

/** See agetty(8). */
function agettyLogin(unit: string): string | undefined {
  const lines = unit.split('\n').filter((line) => /^\s*ExecStart\s*=.*agetty/.test(line))
  return lines.map((line) => /\s(?:--autologin[ =]|-a\s*)(\S+)/.exec(line)?.[1]).find((user) => user !== undefined)
}
