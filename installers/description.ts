import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** What the packages hold: one description for deb and rpm, and one for Windows. */

export const ROOT = resolve(import.meta.dirname, '..')
const LINUX = join(import.meta.dirname, 'linux')

export interface PackageDescription {
  readonly name: string
  readonly summary: string
  /** One paragraph. */
  readonly description: string
  /** Programs of the build, with the names that people call. */
  readonly programs: readonly { readonly built: string; readonly command: string; readonly folder: 'bin' | 'sbin' }[]
  readonly manuals: readonly string[]
  /** Commands with completion. */
  readonly completions: readonly string[]
  /** Files of `installers/linux/`, and where they go. */
  readonly files: readonly (readonly [from: string, to: string])[]
  readonly unit: string
  /** A command that runs before the service stops for good. It must not fail. */
  readonly beforeRemoval?: string
  /** Removed with the package's settings and data. */
  readonly data: readonly string[]
}

const ICONS = join(import.meta.dirname, 'icons')
const TRAY_STATES = ['ok', 'attention', 'stopped', 'unknown']

/** The icon in the panel of each user. */
const TRAY_FILES: PackageDescription['files'] = [
  [join(LINUX, 'surety-tray.service'), '/usr/lib/systemd/user/surety-tray.service'],
  [join(LINUX, 'surety-tray.desktop'), '/etc/xdg/autostart/surety-tray.desktop'],
  ...TRAY_STATES.map((state) => {
    const name = `surety-${state}.svg`
    return [join(ICONS, name), `/usr/share/icons/hicolor/scalable/status/${name}`] as const
  }),
]

export const PACKAGES: readonly PackageDescription[] = [
  {
    name: 'surety',
    summary: 'Device trust daemon for laptops and the AI agents on them',
    description:
      'suretyd proves with a hardware key which device it is and how healthy it is, finds every AI agent, ' +
      'browser and IDE extension and MCP server on it, streams signed evidence to a directory, ' +
      'and stops an agent in the kernel when ordered.',
    programs: [
      { built: 'suretyd', command: 'suretyd', folder: 'sbin' },
      { built: 'surety', command: 'surety', folder: 'bin' },
    ],
    manuals: ['suretyd.8', 'surety.1'],
    completions: ['surety'],
    files: [
      [join(LINUX, 'suretyd.service'), '/usr/lib/systemd/system/suretyd.service'],
      [join(LINUX, 'surety.tmpfiles'), '/usr/lib/tmpfiles.d/surety.conf'],
      ...TRAY_FILES,
    ],
    unit: 'suretyd.service',
    beforeRemoval: 'surety report-removal --reason "package removed" > /dev/null 2>&1 || true',
    data: [
      '/var/lib/surety',
      '/run/surety',
      '/run/surety-enforcers',
      '/etc/surety/suretyd.json',
      '/etc/surety/managed.d',
      '/etc/surety/enrolment',
    ],
  },
  {
    name: 'surety-directory',
    summary: 'Register of devices, humans and AI agents',
    description:
      'surety-directory enrols devices, appraises their evidence, keeps the register of devices, humans, ' +
      'service accounts and AI agents, and orders devices to stop agents.',
    programs: [{ built: 'surety-directory', command: 'surety-directory', folder: 'bin' }],
    manuals: ['surety-directory.8'],
    completions: ['surety-directory'],
    files: [
      [join(LINUX, 'surety-directory.service'), '/usr/lib/systemd/system/surety-directory.service'],
      [join(LINUX, 'surety-directory.sysusers'), '/usr/lib/sysusers.d/surety-directory.conf'],
      [join(LINUX, 'surety-directory.tmpfiles'), '/usr/lib/tmpfiles.d/surety-directory.conf'],
    ],
    unit: 'surety-directory.service',
    data: [
      ...['/var/lib/surety-directory', '/var/log/surety-directory'],
      ...['/etc/surety/directory.json', '/etc/surety/directory-managed.d'],
    ],
  },
]

export interface WindowsDescription {
  readonly name: string
  readonly publisher: string
  /** Of all versions. It never changes: by it Windows knows what a new version replaces. */
  readonly upgradeCode: string
  /** Below `C:\\Program Files`. */
  readonly folder: string
  /** Of `npm run build -- --system windows`: folders and files that are installed. What is not there is left out, but the service host. */
  readonly installed: readonly string[]
  readonly serviceHost: string
  /** In the list of what is installed. */
  readonly icon: string
  readonly service: { readonly name: string; readonly displayName: string; readonly description: string }
}

export const WINDOWS: WindowsDescription = {
  name: 'Surety',
  publisher: 'The Surety authors',
  upgradeCode: '{5C4E9B0E-6C0B-4C0B-9C53-4C1B6F1E7A52}',
  folder: 'Surety',
  installed: ['suretyd', 'surety', 'surety.cmd', 'surety-service.exe', 'surety-tray.exe', 'node.exe'],
  serviceHost: 'surety-service.exe',
  icon: join(import.meta.dirname, 'icons/surety-ok.ico'),
  service: {
    name: 'suretyd',
    displayName: 'Surety',
    description: 'Proves the identity and health of this device, and finds the AI agents on it.',
  },
}

export const MAINTAINER = 'The Surety authors <surety@example.org>'
export const LICENSE_NAME = 'Apache-2.0'

export function versionOfProject(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return version
}
