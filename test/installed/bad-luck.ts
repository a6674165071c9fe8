import { waitFor } from '../support/wait-for.ts'
import { deviceOf, type InstalledMachine, journal } from './installed-machine.ts'

type Case = readonly [name: string, run: (machine: InstalledMachine) => Promise<void>]

/** In this order, on a machine with an enrolled laptop of version 1.1.0. The last ones install anew, and leave it installed. */
export const BAD_LUCK: readonly Case[] = [
  [
    'an upgrade whose dpkg is killed is done by the next one, and the daemon ran on',
    async (machine) => {
      const device = await deviceOf(machine)
      const pid = await machine.property('suretyd', 'MainPID')
      // It asks for a package that is installed, so each round unpacks.
      await waitFor(
        'a dpkg that was killed as it unpacked',
        async () => (await machine.shell(KILLED_UPGRADE)).endsWith('killed'),
        { everyMs: 100 },
      )
      expect(await machine.shell(`dpkg-query --show --showformat='\${Status}' surety`)).toContain('reinstreq')
      expect(await machine.property('suretyd', 'MainPID')).toBe(pid)
      expect(await machine.apt('install', 'surety')).toMatchObject({
        exitCode: 100,
        stderr: expect.stringContaining('dpkg --configure -a'),
      })
      await machine.root('dpkg', '--configure', '-a')
      await machine.root('/usr/bin/apt-get', '-qq', '-y', 'install', '--reinstall', 'surety')
      await isInstalled(machine)
      expect(await deviceOf(machine)).toBe(device)
    },
  ],
  [
    'a disk that is full while the daemon runs is said, and over when there is room again',
    async (machine) => {
      const device = await deviceOf(machine)
      await fillDisk(machine, 0)
      expect(await machine.run('systemctl', 'restart', 'suretyd')).toMatchObject({ exitCode: 0 })
      await waitFor('the warning', async () => (await warningsOf(machine)).includes('STATE_UNAVAILABLE'), {
        everyMs: 500,
        show: async () => `${await warningsOf(machine)}\n${await journal(machine)}`,
      })
      await freeDisk(machine)
      await waitFor(
        'the end of the warning',
        async () => !(await warningsOf(machine)).some((code) => /^STATE|^SPOOL/.test(code)),
        { everyMs: 500, show: async () => `${await warningsOf(machine)}\n${await journal(machine)}` },
      )
      expect(await deviceOf(machine)).toBe(device)
    },
  ],
  [
    'the state of a newer version is refused and kept',
    async (machine) => {
      const device = await deviceOf(machine)
      await machine.shell('systemctl stop suretyd && cp -a /var/lib/surety/identity.json /root/')
      await machine.root('/usr/lib/surety/bin/node', '--eval', NEWER_IDENTITY)
      const newer = await machine.shell('cat /var/lib/surety/identity.json')
      expect(newer).toContain('identity@2')
      expect(await machine.run('systemctl', 'start', 'suretyd')).not.toMatchObject({ exitCode: 0 })
      expect(await journal(machine)).toContain('identity.json" is of a newer version of suretyd: install that version')
      expect(await machine.shell('cat /var/lib/surety/identity.json')).toBe(newer)
      await machine.shell('cp -a /root/identity.json /var/lib/surety/ && systemctl restart suretyd')
      expect(await deviceOf(machine)).toBe(device)
    },
  ],
  [
    'a version that is older than the state is refused after a removal too',
    async (machine) => {
      await machine.root('/usr/bin/apt-get', '-qq', '-y', 'remove', 'surety')
      const older = await machine.apt('install', 'surety=1.0.0')
      expect(older.exitCode).not.toBe(0)
      await machine.uses('1.0.0')
      const refused = await machine.apt('install', 'surety')
      expect(refused.exitCode).toBe(100)
      expect(refused.stderr + refused.stdout).toContain('version 1.1.0 was installed, and 1.0.0 is older')
      expect(await machine.run('test', '-e', '/usr/lib/surety/bin/node')).toMatchObject({ exitCode: 1 })
      await machine.uses('1.1.0')
      await machine.install('surety')
      await isInstalled(machine)
    },
  ],
  [
    'a disk that is full during the install leaves nothing half-written, and the next install works',
    async (machine) => {
      await purge(machine)
      await fillDisk(machine, 60_000_000)
      const failed = await machine.apt('install', 'surety')
      expect(failed.exitCode).toBe(100)
      expect(failed.stderr + failed.stdout).toContain('No space left on device')
      expect(await machine.shell('find /usr/lib/surety /var/lib/surety /run/surety -type f 2> /dev/null || true')).toBe(
        '',
      )
      await freeDisk(machine)
      await machine.install('surety')
      await isInstalled(machine)
    },
  ],
  [
    'of two installers at once one waits or is refused',
    async (machine) => {
      await purge(machine)
      const hold = 'touch /run/held; while [ -e /run/hold ]; do sleep 0.1; done'
      await machine.shell('touch /run/hold')
      const first = machine.apt('-o', `DPkg::Pre-Invoke::=${hold}`, 'install', 'surety')
      await waitFor('the first installer', async () => (await machine.run('test', '-e', '/run/held')).exitCode === 0)
      const refused = await machine.apt('install', 'surety')
      expect(refused.exitCode).toBe(100)
      expect(refused.stderr).toContain('Could not get lock')
      const waiting = machine.apt('-o', 'DPkg::Lock::Timeout=120', 'install', 'surety')
      await machine.shell('rm /run/hold /run/held')
      expect(await Promise.all([first, waiting])).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }])
      await isInstalled(machine)
    },
  ],
  [
    'an earlier install that was unpacked and never configured is finished',
    async (machine) => {
      await purge(machine)
      await machine.root('dpkg', '--unpack', await machine.fetch('1.1.0', 'surety_1.1.0_amd64.deb'))
      expect(await machine.property('suretyd', 'ActiveState')).toBe('inactive')
      await machine.install('surety')
      await isInstalled(machine)
    },
  ],
  [
    'a read-only /etc is said, and the install is finished once it can be written',
    async (machine) => {
      await purge(machine)
      await machine.shell('mount --bind /etc /etc && mount -o remount,ro,bind /etc')
      const failed = await machine.apt('install', 'surety')
      expect(failed.exitCode).toBe(100)
      expect(failed.stderr + failed.stdout).toContain('Read-only file system')
      await machine.shell('umount /etc')
      await machine.install('surety')
      await isInstalled(machine)
      await machine.shell('mount --bind /etc /etc && mount -o remount,ro,bind /etc && systemctl restart suretyd')
      expect(await machine.property('suretyd', 'ActiveState')).toBe('active')
      await machine.shell('umount /etc')
    },
  ],
  [
    'settings that are wrong do not keep apt from its work, are said in a line, and need no hand once they are right',
    async (machine) => {
      await purge(machine)
      await machine.shell(`install -d /etc/surety && echo '{ "log": 7 }' > /etc/surety/suretyd.json`)
      const installed = await machine.install('surety')
      expect(installed.stderr + installed.stdout).toContain('suretyd.service did not start: journalctl -u suretyd')
      expect(await machine.shell('dpkg --audit')).toBe('')
      expect(await journal(machine)).toContain('[CONFIG_INVALID]')
      await machine.shell('rm /etc/surety/suretyd.json')
      await waitFor('the daemon', async () => (await machine.property('suretyd', 'ActiveState')) === 'active', {
        everyMs: 500,
        show: () => journal(machine),
      })
      await isInstalled(machine)
    },
  ],
  [
    'a state folder in which another user left something is refused until it is removed',
    async (machine) => {
      await purge(machine)
      await machine.shell(
        "mkdir -m 777 /var/lib/surety && echo '{}' > /var/lib/surety/identity.json && chown ada /var/lib/surety/identity.json",
      )
      const installed = await machine.install('surety')
      expect(installed.stderr + installed.stdout).toContain('suretyd.service did not start: journalctl -u suretyd')
      expect(await journal(machine)).toMatch(/\/var\/lib\/surety.*\[STORE_FAILED\]/)
      await machine.shell('rm -r /var/lib/surety')
      await waitFor('the daemon', async () => (await machine.property('suretyd', 'ActiveState')) === 'active', {
        everyMs: 500,
      })
      expect(await machine.shell('stat -c %U:%a /var/lib/surety')).toBe('root:700')
    },
  ],
  [
    'an empty state folder with wide permissions is closed, and so are the folders of the settings',
    async (machine) => {
      await purge(machine)
      await machine.shell('mkdir -m 777 -p /var/lib/surety /etc/surety /etc/surety/managed.d && chmod 777 /etc/surety')
      await machine.install('surety')
      await isInstalled(machine)
      expect(await machine.shell('stat -c %U:%a /var/lib/surety /etc/surety /etc/surety/managed.d')).toBe(
        'root:700\nroot:755\nroot:755',
      )
      expect(await warningsOf(machine)).toContain('STATE_FOLDER_OPEN')
    },
  ],
]

const NEWER_IDENTITY = `
const fs = require('node:fs')
const path = '/var/lib/surety/identity.json'
const { digest, ...identity } = JSON.parse(fs.readFileSync(path, 'utf8'))
fs.writeFileSync(path, JSON.stringify({ ...identity, schema: 'surety/identity@2' }))
`

const KILLED_UPGRADE = `
apt-get -qq -y install --reinstall surety > /dev/null 2>&1 &
installer=$!
while [ -e /proc/$installer ] && [ ! -e /usr/lib/surety/bin/node.dpkg-new ]; do sleep 0.01; done
if pkill -KILL -x dpkg; then said=killed; else said='too late'; fi
wait $installer || true
if dpkg-query --show --showformat='\${Status}' surety | grep -q reinstreq; then echo $said; else echo 'too late'; fi
`

async function purge(machine: InstalledMachine): Promise<void> {
  await machine.root('/usr/bin/apt-get', '-qq', '-y', 'purge', 'surety')
}

/** Installed as a whole, and started. */
async function isInstalled(machine: InstalledMachine): Promise<void> {
  expect(await machine.shell('dpkg --audit')).toBe('')
  expect(await machine.installedVersion()).toBe('1.1.0')
  expect(await machine.property('suretyd', 'ActiveState')).toBe('active')
}

async function warningsOf(machine: InstalledMachine): Promise<readonly string[]> {
  const { stdout } = await waitFor('a status', () => machine.run('surety', 'status', '--json'), {
    until: ({ stdout: text }) => text.startsWith('{'),
    everyMs: 500,
  })
  return JSON.parse(stdout).health.map(({ code }: { code: string }) => code)
}

/** Until so many bytes are left. What others write meanwhile counts too. */
async function fillDisk(machine: InstalledMachine, left: number): Promise<void> {
  const fast = `fallocate -l $(( $(df --output=avail -B1 / | tail -n 1) - ${left} - 10000000 )) /root/fill`
  await machine.shell(left === 0 ? `${fast}; cat /dev/zero >> /root/fill 2> /dev/null || true` : fast)
}

const freeDisk = (machine: InstalledMachine) => machine.shell('rm /root/fill')
