import { fail, pass, unknown } from '../check-outcome.ts'
import { editionFamily, WINDOWS_SUPPORT, WINDOWS_SUPPORT_AS_OF } from './os-support.ts'
import type { WindowsCheck } from './windows-check.ts'

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
