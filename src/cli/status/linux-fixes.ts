import { SuretyError } from '../../base/errors.ts'
import type { Fix, Fixes } from '../command/cli-components.ts'

export interface LinuxFixesComponents {
  readonly isRoot: boolean
  /** Whether a program or file exists. */
  readonly exists: (path: string) => boolean
  /** Runs a program by its absolute path, never through a shell. @returns its exit code. */
  readonly run: (
    path: string,
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ) => Promise<number | undefined>
  /** Replaces a file of root. @throws `STORE_FAILED`. */
  readonly writeFile: (path: string, bytes: Uint8Array) => Promise<void>
  /** The value of `XDG_CURRENT_DESKTOP`. */
  readonly desktop: string | undefined
}

const GSETTINGS = '/usr/bin/gsettings'
/** Well below the fifteen minutes that the check allows. */
const IDLE_SECONDS = 600

const SCREEN_LOCK = [
  ['org.gnome.desktop.lockdown', 'disable-lock-screen', 'false'],
  ['org.gnome.desktop.screensaver', 'lock-enabled', 'true'],
  ['org.gnome.desktop.screensaver', 'lock-delay', '0'],
  ['org.gnome.desktop.session', 'idle-delay', `${IDLE_SECONDS}`],
] as const

/** Read after `20auto-upgrades` and other files of Debian, so that it counts. A file of our own: to undo it, remove it. */
export const APT_FILE = '/etc/apt/apt.conf.d/52surety-automatic-updates'
const APT_GET = '/usr/bin/apt-get'
/** Of the package `unattended-upgrades`. */
const UNATTENDED_UPGRADE = '/usr/bin/unattended-upgrade'
const APT_TEXT = `// Written by surety fix os.automatic-updates. Remove this file to undo it.
APT::Periodic::Enable "1";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
`

/** The changes on Linux that can be undone and cannot lock anyone out. */
export function linuxFixes(components: LinuxFixesComponents): Fixes {
  const { isRoot, exists, run, desktop } = components
  return {
    'os.automatic-updates': automaticUpdates(components),
    'session.screen-lock': {
      changes: [`sets GNOME to lock your screen after ${IDLE_SECONDS / 60} minutes, with your password to unlock`],
      async obstacle() {
        if (isRoot) return 'it is a setting of each user; run surety fix without sudo'
        if (!(desktop ?? '').toLowerCase().split(':').includes('gnome')) {
          return 'surety changes it only in a session of GNOME'
        }
        return exists(GSETTINGS) ? undefined : `${GSETTINGS} is not installed`
      },
      async apply() {
        for (const setting of SCREEN_LOCK) {
          const exitCode = await run(GSETTINGS, ['set', ...setting])
          if (exitCode !== 0) {
            throw new SuretyError('COMMAND_FAILED', `gsettings could not set ${setting[0]} ${setting[1]}`)
          }
        }
      },
    },
  }
}

function automaticUpdates({ isRoot, exists, run, writeFile }: LinuxFixesComponents): Fix {
  const isInstalled = exists(UNATTENDED_UPGRADE)
  const apt = async (...args: readonly string[]) =>
    (await run(APT_GET, ['-qq', ...args], { DEBIAN_FRONTEND: 'noninteractive' })) === 0
  const install = () => apt('install', '-y', '--no-install-recommends', 'unattended-upgrades')
  return {
    changes: [
      ...(isInstalled ? [] : ['installs the package unattended-upgrades, and what it needs, from the sources of apt']),
      `writes ${APT_FILE}, so that apt fetches package lists and installs security updates each day`,
    ],
    async obstacle() {
      if (!exists('/var/lib/dpkg')) return 'surety changes this only on Debian and its relatives'
      if (!isInstalled && !exists(APT_GET)) return `${APT_GET} is not installed`
      return isRoot ? undefined : 'only root may change it; run: sudo surety fix os.automatic-updates --yes'
    },
    async apply() {
      // A new system has no package lists yet.
      if (!isInstalled && !(await install()) && !((await apt('update')) && (await install()))) {
        const message = 'apt-get could not install unattended-upgrades: check the network and the sources of apt'
        throw new SuretyError('COMMAND_FAILED', message)
      }
      await writeFile(APT_FILE, new TextEncoder().encode(APT_TEXT))
    },
  }
}
