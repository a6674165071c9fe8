import { codeOf } from '../../../base/errors.ts'
import { refusedRight } from '../../../base/refused-right.ts'
import { type CheckOutcome, counted, fail, pass, unknown } from '../../check-outcome.ts'
import type { PostureComponents } from '../../components.ts'
import { parseAppArmorProfiles } from '../../parsers/access/apparmor-profiles.ts'
import { readOptional } from '../../read-optional.ts'

/** A distribution loads well under a thousand. Bytes. */
const PROFILES_BYTES = 1024 * 1024

/**
 * `access.mandatory-access-control`: SELinux enforces, or AppArmor has profiles in enforce mode. Modules that only add
 * hooks for others (landlock, yama, bpf, lockdown) confine nothing by themselves and do not count.
 */
export async function checkMandatoryAccessControl({ files }: PostureComponents): Promise<CheckOutcome> {
  const enforce = (await readOptional(files, '/sys/fs/selinux/enforce'))?.trim()
  if (enforce === '1') return pass('SELinux is enforcing.')
  if (enforce === '0') return fail('SELinux is permissive: it reports and does not prevent.')
  if (enforce !== undefined) return unknown('SELinux named a mode that is not known')

  if ((await readOptional(files, '/sys/module/apparmor/parameters/enabled'))?.trim() === 'Y') return appArmor(files)

  const modules = (await readOptional(files, '/sys/kernel/security/lsm'))?.trim()
  if (modules === undefined) {
    return fail('Neither SELinux nor AppArmor is active in this kernel.')
  }
  if (/(?:^|,)(?:smack|tomoyo)(?:,|$)/.test(modules))
    return unknown(`this check cannot judge the active modules (${modules})`)
  return fail(`Neither SELinux nor AppArmor is active in this kernel (active modules: ${modules || 'none'}).`)
}

async function appArmor(files: PostureComponents['files']): Promise<CheckOutcome> {
  let text: string | undefined
  try {
    text = await readOptional(files, '/sys/kernel/security/apparmor/profiles', PROFILES_BYTES)
  } catch (error) {
    if (codeOf(error) !== 'FILE_UNREADABLE') throw error
    return unknown(
      `AppArmor is on, but ${refusedRight('read which profiles it enforces', 'CAP_MAC_ADMIN', process.geteuid?.())}`,
    )
  }
  if (text === undefined) return unknown('AppArmor is on, but its profiles cannot be seen (is securityfs mounted?)')
  const profiles = parseAppArmorProfiles(text)
  if (profiles === undefined) return unknown('the list of AppArmor profiles has a form not known')
  const { enforcing, other } = profiles
  if (enforcing === 0) {
    return fail(`AppArmor is on, but no profile is in enforce mode (${counted(other, 'profile')} in other modes).`)
  }
  return pass(`AppArmor enforces ${counted(enforcing, 'profile')}${other > 0 ? `; ${other} more in other modes` : ''}.`)
}
