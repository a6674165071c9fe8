import { VERSION } from '../base/version.ts'
import { MAC, WINDOWS } from './installed-names.ts'
import type { MdmFile } from './mdm-file.ts'
import type { Target } from './targets.ts'

/** The README beside the files: where each of them goes. A step whose file is not there is left out. */
export function readme(target: Target, files: readonly MdmFile[]): string {
  const names = files.map(({ name }) => name)
  const { title, steps } = GUIDES[target]
  const kept = steps.filter(([name]) => names.some((one) => one === name || one.startsWith(`${name}/`)))
  return `# Surety ${VERSION} with ${title}

${kept.map(([name, step], at) => `${at + 1}. \`${name}\`: ${step}`).join('\n')}

suretyd takes changed settings by itself, within a few minutes. Settings that a device management sets win over all others:
\`surety config show\` says which source won. An enrolment string is a secret. It is erased from the device once it is used.
`
}

type Step = readonly [file: string, step: string]

const POWERSHELL = 'powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File'

const MAC_PROFILES: readonly Step[] = [
  [
    'macos/surety-permissions.mobileconfig',
    `upload it as a custom profile for the device. It allows full disk access for ${MAC.program}, which must be signed as ${MAC.codeIdentifier} by your team.`,
  ],
  ['macos/surety-settings.mobileconfig', 'upload it as a second custom profile.'],
]

function compliance(folder: string, script: string): Step {
  const rules = `${folder}/compliance.json`
  return [
    `${folder}/${script}`,
    `for conditional access: Endpoint security, Device compliance, Scripts, Add. Then a compliance policy with this script and the rules of ${rules}. Without --set support.url, write an address of yours into MoreInfoUrl.`,
  ]
}

const GUIDES: Readonly<Record<Target, { readonly title: string; readonly steps: readonly Step[] }>> = {
  intune: {
    title: 'Microsoft Intune',
    steps: [
      [
        'windows/surety.admx',
        'Devices, Configuration, Import ADMX. Add windows/en-US/surety.adml as its language file. Then make a profile "Imported Administrative templates".',
      ],
      [
        'windows/install.ps1',
        `pack it with ${WINDOWS.installer} and a file "enrolment" by the Win32 Content Prep Tool. Install command: ${POWERSHELL} install.ps1`,
      ],
      ['windows/uninstall.ps1', `pack it too. Uninstall command: ${POWERSHELL} uninstall.ps1`],
      [
        'windows/detect.ps1',
        'the custom detection script of the app. Run as a 32-bit process: no. Signature check: no, unless you sign it.',
      ],
      [
        'windows/remediate-detect.ps1',
        'Devices, Scripts and remediations: the detection script, with windows/remediate.ps1 as the remediation script. Run in 64-bit PowerShell: yes.',
      ],
      compliance('windows', 'compliance.ps1'),
      ...MAC_PROFILES,
      ['macos/enrol.sh', 'the pre-install script of the macOS app (PKG). Set ENROLMENT in it.'],
      ['macos/audit.sh', 'a shell script or custom attribute for Macs.'],
      ['macos/remediate.sh', 'a shell script that you run where macos/audit.sh fails.'],
      [
        'linux/install.sh',
        'a bash script for Linux, with the execution context root. It may run again at any time. Set ENROLMENT in it. Your package repository must be set up before.',
      ],
      compliance('linux', 'compliance.sh'),
    ],
  },
  jamf: {
    title: 'Jamf Pro',
    steps: [
      ...MAC_PROFILES,
      [
        'macos/org.surety.json',
        `instead of the settings profile: Application & Custom Settings, External Applications, Custom Schema, preference domain ${MAC.domain}.`,
      ],
      [
        'macos/enrol.sh',
        'a script of priority "Before" in the policy that installs the package. Parameter 4 is the enrolment string.',
      ],
      ['macos/extension-attribute.sh', 'an extension attribute with the input type "Script".'],
      ['macos/audit.sh', 'a check in a policy. Exit code 0: Surety is installed and runs.'],
      ['macos/remediate.sh', 'run it where macos/audit.sh fails. It starts the daemon and installs nothing.'],
    ],
  },
  kandji: {
    title: 'Kandji',
    steps: [
      ...MAC_PROFILES,
      ['macos/audit.sh', 'the audit script of a Custom App with the package. A failed audit installs it again.'],
      ['macos/enrol.sh', 'the pre-install script of the Custom App. Set ENROLMENT in it.'],
      ['macos/remediate.sh', 'the remediation script of a Custom Script with macos/audit.sh as its audit.'],
    ],
  },
  jumpcloud: {
    title: 'JumpCloud',
    steps: [
      ['windows/install.ps1', `a command for Windows, with ${WINDOWS.installer} and a file "enrolment" as its files.`],
      ['windows/remediate.ps1', 'a command for Windows that writes the settings.'],
      [
        'windows/remediate-detect.ps1',
        'a command for Windows that says what is not as it should be. Exit code 0: nothing.',
      ],
      ['windows/detect.ps1', 'a command for Windows. Exit code 0: this version or a later one is installed.'],
      ['windows/uninstall.ps1', 'a command for Windows that removes Surety.'],
      ...MAC_PROFILES,
      ['macos/enrol.sh', 'a command for macOS before the package is installed. Set ENROLMENT in it.'],
      ['macos/audit.sh', 'a command for macOS. Exit code 0: Surety is installed and runs.'],
      ['macos/remediate.sh', 'a command for macOS where macos/audit.sh fails. It installs nothing.'],
      ['linux/install.sh', 'a command for Linux. Set ENROLMENT in it. Your package repository must be set up before.'],
      ['linux/detect.sh', 'a command for Linux. Exit code 0: Surety is installed and runs.'],
    ],
  },
  gpo: {
    title: 'Group Policy',
    steps: [
      ['windows/surety.admx', 'copy it to the folder PolicyDefinitions of the central store.'],
      [
        'windows/en-US',
        'copy this folder there too. The settings are then below Computer Configuration, Administrative Templates, Surety.',
      ],
      [
        'windows/install.ps1',
        `a computer startup script. Put it with ${WINDOWS.installer} and a file "enrolment" on a share that only domain computers may read. Software installation of Group Policy cannot give an enrolment string.`,
      ],
      [
        'windows/remediate.ps1',
        'for machines outside of the domain: it writes the settings of --set without a template.',
      ],
      ['windows/remediate-detect.ps1', 'says what is not as it should be. Exit code 0: nothing.'],
      ['windows/detect.ps1', 'exit code 0: this version or a later one is installed.'],
      ['windows/uninstall.ps1', 'removes Surety.'],
    ],
  },
  ansible: {
    title: 'Ansible',
    steps: [
      ['surety.yml', 'a playbook for the group "laptops".'],
      ['roles/surety', 'the role. Set surety_enrolment from a vault. Your package repository must be set up before.'],
    ],
  },
}
