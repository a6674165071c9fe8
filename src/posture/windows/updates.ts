import type { PendingUpdate, RegistryKey } from '../../system/facts/windows-facts.ts'
import { counted, fail, listed, pass, unknown } from '../check-outcome.ts'
import { editionFamily, WINDOWS_SUPPORT, WINDOWS_SUPPORT_AS_OF } from './os-support.ts'
import { firstNumber, MANAGED, serviceStart, type WindowsCheck } from './windows-check.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Security updates come each month and in between: what was searched for earlier is not known. */
const STALE_AFTER_MS = 7 * DAY_MS
/** Identifiers of categories that Microsoft documents. */
const SECURITY_UPDATES = '0fa1201d-4330-4fa8-8ae9-b877473b6441'
const CRITICAL_UPDATES = 'e6cf1350-c01b-414d-a61f-263d14d133b4'
/** Signatures of Defender, which are the antivirus check's matter. */
const DEFINITION_UPDATES = 'e0789628-ce08-4437-be74-2495b842f43b'

/** `os.security-updates`: none is waiting. Asks what Windows Update found by itself; nothing is searched for. */
export const checkSecurityUpdates: WindowsCheck = async (facts, { clock, signal, timeoutMs }) => {
  const { updates, searchedMs } = await facts.pendingUpdates({ signal, timeoutMs })
  const security = updates.filter(isSecurity)
  if (security.length > 0) {
    const names = listed(
      security.map((update) => `${update.title}${ageOf(update, clock.now())}`),
      3,
    )
    return fail(`${counted(security.length, 'security update')} waiting: ${names}.`)
  }
  if (searchedMs === undefined) return unknown('Windows does not say when it last searched for updates')
  const day = new Date(searchedMs).toISOString().slice(0, 10)
  if (clock.now() - searchedMs > STALE_AFTER_MS) {
    return unknown(`Windows last searched for updates on ${day}, so newer ones would not be seen`)
  }
  const rest = updates.length > 0 ? ` ${counted(updates.length, 'other update')} waiting.` : ''
  return pass(`No security update is waiting (searched on ${day}).${rest}`)
}

function isSecurity({ categories, severity }: PendingUpdate): boolean {
  if (categories.includes(DEFINITION_UPDATES)) return false
  return severity !== undefined || categories.some((id) => id === SECURITY_UPDATES || id === CRITICAL_UPDATES)
}

function ageOf({ publishedMs }: PendingUpdate, nowMs: number): string {
  if (publishedMs === undefined || publishedMs > nowMs) return ''
  return ` (published ${counted(Math.floor((nowMs - publishedMs) / DAY_MS), 'day')} ago)`
}

const POLICY: RegistryKey = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate'
const SETTINGS: RegistryKey = 'HKLM\\SOFTWARE\\Microsoft\\WindowsUpdate\\UX\\Settings'
/** Windows Update, and the service that runs it. */
const SERVICES = ['wuauserv', 'UsoSvc'] as const

/** `os.automatic-updates`: no policy, pause or disabled service keeps Windows from installing updates automatically. */
export const checkAutomaticUpdates: WindowsCheck = (facts, { clock }) => {
  const disabled = SERVICES.filter((name) => serviceStart(facts, name) === 'disabled')
  if (disabled.length > 0) return fail(`Windows cannot update itself: disabled services: ${listed(disabled)}.`)
  const absent = SERVICES.filter((name) => serviceStart(facts, name) === 'absent')
  if (absent.length > 0) return unknown(`services of Windows Update are not installed: ${listed(absent)}`)
  if (firstNumber(facts, [`${POLICY}\\AU`], 'NoAutoUpdate') === 1) return fail('A policy turns automatic updates off.')
  const option = firstNumber(facts, [`${POLICY}\\AU`], 'AUOptions')
  if (option !== undefined && [2, 3, 7].includes(option))
    return fail('By policy, updates wait until a person installs them.')
  // AllowAutoUpdate of a device management: 0 asks first, 5 turns updates off.
  const managed = facts.registry.number(`${MANAGED}\\Update`, 'AllowAutoUpdate')
  if (managed === 0 || managed === 5)
    return fail('The device management keeps Windows from installing updates automatically.')
  if (managed !== undefined && managed > 5)
    return unknown(`the device management sets updates to a way not known (${managed})`)
  const paused = facts.registry.text(SETTINGS, 'PauseUpdatesExpiryTime')
  const pausedUntil = paused === undefined ? undefined : Date.parse(paused)
  if (pausedUntil !== undefined && Number.isNaN(pausedUntil))
    return unknown('the end of the pause has a form not known')
  if (pausedUntil !== undefined && pausedUntil > clock.now()) {
    return fail(`Updates are paused until ${new Date(pausedUntil).toISOString().slice(0, 10)}.`)
  }
  if (option !== undefined && ![4, 5].includes(option))
    return unknown(`a policy sets updates to a way not known (${option})`)
  return pass(`Windows installs updates automatically${option === undefined ? '' : ', as a policy asks'}.`)
}

const SERVICING: RegistryKey = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing'
const UPDATE: RegistryKey = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update'

/** `os.reboot-pending`: neither Windows Update nor the servicing of components waits for a restart. */
export const checkRebootPending: WindowsCheck = ({ registry }) => {
  if (registry.keys(SERVICING) === undefined) return unknown('the servicing of Windows has no record here')
  const waits = [
    ...(registry.keys(`${UPDATE}\\RebootRequired`) === undefined ? [] : ['Windows Update']),
    ...(registry.keys(`${SERVICING}\\RebootPending`) === undefined ? [] : ['the servicing of components']),
  ]
  return waits.length > 0
    ? fail(`A restart is needed for updates that are installed: ${listed(waits)} waits for it.`)
    : pass('No installed update waits for a restart.')
}

const CURRENT_VERSION = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion'

/** `os.supported`: Microsoft still fixes this build in this edition. The end is the last day that counts as supported. */
export const checkOsSupported: WindowsCheck = ({ registry }, { clock }) => {
  const build = registry.text(CURRENT_VERSION, 'CurrentBuild')
  const edition = registry.text(CURRENT_VERSION, 'EditionID')
  if (build === undefined || !/^\d{4,6}$/.test(build) || edition === undefined) {
    return unknown('Windows does not say which build and edition it is')
  }
  const family = editionFamily(edition, registry.text(CURRENT_VERSION, 'InstallationType'))
  const rows = WINDOWS_SUPPORT.filter((one) => one.build === Number(build))
  const row = rows.find(({ ends }) => family !== undefined && ends[family] !== undefined)
  const ends = family === undefined ? undefined : row?.ends[family]
  const today = new Date(clock.now()).toISOString().slice(0, 10)
  // Enterprise and Education are supported a year longer than Home and Pro.
  const home = family === 'enterprise' && row === undefined ? rows[0]?.ends.home : undefined
  if (home !== undefined && today <= home) {
    return pass(`Windows ${rows[0]?.version} (build ${build}, ${edition}) is supported until ${home} at least.`)
  }
  if (row === undefined || ends === undefined) {
    return unknown(`the end of support of build ${build} (${edition}) is not in our table of ${WINDOWS_SUPPORT_AS_OF}`)
  }
  const name = `Windows ${row.version} (build ${build}, ${edition})`
  if (today <= ends) return pass(`${name} is supported until ${ends}.`)
  if (row.paid !== undefined && today <= row.paid.ends) {
    return unknown(
      `the ordinary support of ${name} ended on ${ends}; until ${row.paid.ends} only ${row.paid.by} brings updates, and whether this machine has it cannot be seen`,
    )
  }
  return fail(`The support of ${name} ended on ${ends}: holes found since then stay open. Install a newer version.`)
}
