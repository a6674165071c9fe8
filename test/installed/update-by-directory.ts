import { VERSION } from '../../src/base/version.ts'
import { waitFor } from '../support/wait-for.ts'
import type { InstalledMachine } from './installed-machine.ts'

type Case = readonly [name: string, run: (machine: InstalledMachine) => Promise<void>]

const SETTINGS = '/etc/surety/managed.d/90-updates.json'
/** Ends whenever it is started as a daemon, and says its version all the same. */
const BROKEN = `sed -i '1i if (process.argv[2] === "run") process.exit(9);' /opt/made/suretyd/suretyd.mjs`

/** On a machine with an enrolled laptop whose directory is on it too. The installed version runs again afterwards. */
export const UPDATES: readonly Case[] = [
  [
    'the daemon becomes a newer version from its directory, goes back from a broken one, and to the package at last',
    async (machine) => {
      // What root writes, the directory could not read.
      expect(await machine.run('surety-directory', 'updates', 'init')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('runuser -u surety-directory -- surety-directory'),
      })
      const { root } = JSON.parse(await repository(machine, 'init', '--json'))
      const settings = { updates: { by: 'directory', root }, schedules: { updates: '* * * * * *' } }
      await machine.shell(`mkdir -p /etc/surety/managed.d && echo '${JSON.stringify(settings)}' > ${SETTINGS}`)
      await machine.root('systemctl', 'restart', 'suretyd')

      await offer(machine, '7.1.0')
      await until(machine, '7.1.0', 'current')
      const pid = await machine.property('suretyd', 'MainPID')
      expect(await machine.shell(`readlink /proc/${pid}/exe`)).toBe('/var/lib/surety/updates/7.1.0/bin/node')
      expect(await machine.shell('stat -c %U:%a /var/lib/surety/updates/7.1.0/bin/node')).toBe('root:700')
      expect(await machine.property('suretyd', 'ActiveState')).toBe('active')

      await offer(machine, '7.2.0', BROKEN)
      await until(machine, '7.1.0', 'rolled-back')
      expect(await machine.property('suretyd', 'ActiveState')).toBe('active')

      await machine.root('rm', SETTINGS)
      await machine.root('systemctl', 'restart', 'suretyd')
      await until(machine, VERSION, undefined)
    },
  ],
]

/** As the user of the directory, whose folder it is. */
const repository = (machine: InstalledMachine, ...args: readonly string[]) =>
  machine.shell(`runuser -u surety-directory -- surety-directory updates ${args.join(' ')}`)

async function offer(machine: InstalledMachine, version: string, change = 'true'): Promise<void> {
  await machine.shell(
    'rm -rf /opt/made && mkdir /opt/made && cp -r /usr/lib/surety/bin /usr/lib/surety/suretyd /opt/made',
  )
  await machine.shell(`sed -i 's/"${VERSION}"/"${version}"/' /opt/made/suretyd/suretyd-code.js && ${change}`)
  await repository(machine, 'add', version, '--platform', `linux-${process.arch}`, '--from', '/opt/made')
  await repository(machine, 'promote', version)
}

async function until(machine: InstalledMachine, version: string, state: string | undefined): Promise<void> {
  await waitFor(
    `version ${version}, ${state}`,
    async () => {
      const { stdout } = await machine.run('surety', 'status', '--json')
      if (!stdout.startsWith('{')) return undefined
      const { daemonVersion, updates } = JSON.parse(stdout)
      return `${daemonVersion} ${updates?.state}`
    },
    {
      until: (seen) => seen === `${version} ${state}`,
      everyMs: 500,
      show: async (seen) =>
        `${seen} ${(await machine.run('journalctl', '-u', 'suretyd', '--no-pager')).stdout.slice(-4000)}`,
    },
  )
}
