import { SuretyError } from '../base/errors.ts'
import type { PlatformName } from '../system/platform.ts'
import { administrativeTemplate } from './admx.ts'
import { ansibleRole } from './ansible-role.ts'
import { readme } from './guides.ts'
import { intuneCompliance } from './intune-compliance.ts'
import type { MdmFile } from './mdm-file.ts'
import { type MdmValues, readAssignments } from './mdm-settings.ts'
import {
  jamfAttributeScript,
  linuxDetectionScript,
  linuxInstallScript,
  macAuditScript,
  macEnrolmentScript,
  macRemediationScript,
} from './posix-scripts.ts'
import { jamfSchema, type ProfileInit, permissionsProfile, settingsProfile } from './profiles.ts'
import { SYSTEMS, type Target } from './targets.ts'
import {
  detectionScript,
  installScript,
  remediationDetectionScript,
  remediationScript,
  uninstallScript,
} from './windows-scripts.ts'

/** All that an administrator gives to a device management, from the table of settings. Pure: nothing is read or written. */

export interface RenderInit {
  readonly target: Target
  /** `KEY=VALUE` each. */
  readonly settings: readonly string[]
  /** Of the signature of the package for macOS. Without one, a target that has other systems too gets no files for macOS. */
  readonly team?: string | undefined
  readonly organisation: string
}

export interface Rendered {
  readonly files: readonly MdmFile[]
  /** What is left out, and why. */
  readonly notes: readonly string[]
}

const TEAM = /^[A-Z0-9]{10}$/
const ORGANISATION = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]{1,100}$/u

/** @throws `USAGE_INVALID`, `CONFIG_INVALID` for a setting that a system of the target refuses. */
export function renderMdm({ target, settings, team, organisation }: RenderInit): Rendered {
  if (!ORGANISATION.test(organisation)) {
    throw new SuretyError('USAGE_INVALID', '--organisation must be one line of 1 to 100 characters')
  }
  if (team !== undefined && !TEAM.test(team)) {
    throw new SuretyError('USAGE_INVALID', '--team-id must be the ten capital letters and digits of a team at Apple')
  }
  const all = SYSTEMS[target]
  if (team === undefined && all.every((system) => system === 'darwin')) {
    throw new SuretyError('USAGE_INVALID', `${target} manages Macs: give --team-id, the team that signed the package`)
  }
  const systems = all.filter((system) => system !== 'darwin' || team !== undefined)
  const values = (system: PlatformName) => readAssignments(settings, system)
  const files = systems.flatMap((system): readonly MdmFile[] => {
    if (system === 'windows') return windowsFiles(target, values(system))
    if (system === 'linux')
      return target === 'ansible' ? ansibleRole(values(system)) : linuxFiles(target, values(system))
    return macFiles(target, values(system), { team: team ?? '', organisation })
  })
  const notes =
    systems.length === all.length ? [] : ['no files for macOS: give --team-id, the team that signed the package']
  return { files: [{ name: 'README.md', text: readme(target, files) }, ...files], notes }
}

function windowsFiles(target: Target, values: MdmValues): readonly MdmFile[] {
  const { admx, adml } = administrativeTemplate()
  const folder = 'windows'
  const template = [
    { name: `${folder}/surety.admx`, text: admx },
    // Where the central store of a domain has it.
    { name: `${folder}/en-US/surety.adml`, text: adml },
  ]
  return [
    // JumpCloud takes no templates.
    ...(target === 'jumpcloud' ? [] : template),
    { name: `${folder}/install.ps1`, text: installScript() },
    { name: `${folder}/uninstall.ps1`, text: uninstallScript() },
    { name: `${folder}/detect.ps1`, text: detectionScript() },
    { name: `${folder}/remediate-detect.ps1`, text: remediationDetectionScript(values) },
    { name: `${folder}/remediate.ps1`, text: remediationScript(values) },
    ...(target === 'intune' ? intuneCompliance('windows', values) : []),
  ]
}

function macFiles(target: Target, values: MdmValues, init: ProfileInit): readonly MdmFile[] {
  const folder = 'macos'
  const hasSettings = Object.keys(values).length > 0
  return [
    { name: `${folder}/surety-permissions.mobileconfig`, text: permissionsProfile(init) },
    ...(hasSettings ? [{ name: `${folder}/surety-settings.mobileconfig`, text: settingsProfile(values, init) }] : []),
    ...(target === 'jamf' ? [{ name: `${folder}/org.surety.json`, text: jamfSchema() }] : []),
    ...(target === 'jamf' ? [{ name: `${folder}/extension-attribute.sh`, text: jamfAttributeScript() }] : []),
    { name: `${folder}/enrol.sh`, text: macEnrolmentScript(target === 'jamf' ? '4' : 'ENROLMENT') },
    { name: `${folder}/audit.sh`, text: macAuditScript() },
    { name: `${folder}/remediate.sh`, text: macRemediationScript() },
  ]
}

function linuxFiles(target: Target, values: MdmValues): readonly MdmFile[] {
  return [
    { name: 'linux/install.sh', text: linuxInstallScript(values) },
    // Intune has custom compliance instead, which needs JSON.
    ...(target === 'intune'
      ? intuneCompliance('linux', values)
      : [{ name: 'linux/detect.sh', text: linuxDetectionScript() }]),
  ]
}
