import { debianMachineLacks } from '../journeys/machines/debian-machine.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { waitFor } from '../support/wait-for.ts'
import { BAD_LUCK } from './bad-luck.ts'
import { deviceOf, type InstalledMachine, installedMachine, journal } from './installed-machine.ts'
import { RPM } from './rpm.ts'
import { UPDATES } from './update-by-directory.ts'

/**
 * The packages on a new Debian with its own systemd, as an administrator installs them: from a repository, silently. The directory
 * and the laptop are one machine here. It boots in namespaces, so there is no TPM, and the kernel is that of the host.
 */

const BOOT_MS = scaledMs(400_000)
const TEST_MS = scaledMs(300_000)
const lacks = debianMachineLacks()
if (lacks !== undefined) process.stderr.write(`skipped: installed packages: ${lacks}\n`)
const there = lacks === undefined ? describe : describe.skip

let machine: InstalledMachine

const setManaged = (name: string, settings: object) =>
  machine.shell(
    `install -d /etc/surety/managed.d && echo '${JSON.stringify(settings)}' > /etc/surety/managed.d/${name}.json`,
  )

/** The newest is first. */
async function tamperSigns(id: string): Promise<readonly { readonly kind: string }[]> {
  return JSON.parse(await machine.shell(`surety-directory devices show ${id} --json`)).device.tamperSigns
}

beforeAll(async () => {
  if (lacks !== undefined) return
  machine = await installedMachine()
  await machine.uses('1.0.0')
}, BOOT_MS)
afterAll(() => machine?.[Symbol.asyncDispose](), BOOT_MS)

there('the packages on a new Debian', () => {
  test(
    'the directory is installed and set up by init, which asks nothing with flags',
    async () => {
      await machine.install('surety-directory')
      // As in docs/admin/five-minutes.md. The machine has no TPM.
      const init = await machine.shell(
        'surety-directory init --names directory.example.org --owner ada@example.org --minimum-tier software --json',
      )
      expect(JSON.parse(init)).toMatchObject({
        names: ['directory.example.org'],
        service: 'restarted',
        configFile: '/etc/surety/directory.json',
        url: 'wss://directory.example.org:7443',
      })
      expect(await machine.shell('stat -c %a /etc/surety /etc/surety/directory.json first.enrolment')).toBe(
        '755\n644\n600',
      )
      expect(await machine.property('surety-directory', 'ActiveState')).toBe('active')
      expect(await machine.shell('stat -c %U:%a /var/lib/surety-directory')).toBe('surety-directory:700')
    },
    TEST_MS,
  )

  test(
    'a laptop is enrolled by a credential of systemd, which other users cannot read',
    async () => {
      await machine.shell('mkdir -m 700 -p /etc/credstore')
      await machine.shell(
        'surety-directory token create --owner grace@example.org --minimum-tier software --out /etc/credstore/surety.enrolment',
      )
      await machine.install('surety')
      await waitFor(
        'the enrolled device',
        async () => (await machine.shell('surety-directory devices list --json')).includes('grace@example.org'),
        {
          everyMs: 500,
          show: async () => (await machine.run('journalctl', '-u', 'suretyd', '--no-pager')).stdout,
        },
      )
      const pid = await machine.property('suretyd', 'MainPID')
      // The credential brings no mounts of its own.
      expect(await machine.shell(`readlink /proc/${pid}/ns/mnt`)).toBe(await machine.shell('readlink /proc/1/ns/mnt'))
      const credential = '/run/credentials/suretyd.service/surety.enrolment'
      expect(
        await machine.run('setpriv', '--reuid', 'ada', '--regid', 'ada', '--clear-groups', 'cat', credential),
      ).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Permission denied') })
      await machine.shell('systemctl restart suretyd && systemctl is-active suretyd')
      await machine.shell('apt-get -qq -y purge surety && rm /etc/credstore/surety.enrolment')
    },
    TEST_MS,
  )

  test(
    'enrols a laptop by a file placed before the install, and answers its user',
    async () => {
      await machine.shell('install -D -m 600 first.enrolment /etc/surety/enrolment')
      await setManaged('quick', { schedules: { settings: '* * * * * *' } })
      await machine.install('surety')
      expect(await machine.shell('surety enrolment --wait 5m')).toMatch(/^enrolled as dev_\S+, tier software$/)
      await waitFor(
        'the enrolled device',
        async () => (await machine.shell('surety-directory devices list --json')).includes('ada@example.org'),
        {
          everyMs: 500,
          show: async () => (await machine.run('journalctl', '-u', 'suretyd', '--no-pager')).stdout,
        },
      )
      const status = await waitFor(
        'the verdict',
        () =>
          machine.run('setpriv', '--reuid', 'ada', '--regid', 'ada', '--clear-groups', 'surety', 'status', '--json'),
        { until: ({ stdout }) => stdout.includes('"verdict"'), everyMs: 500 },
      )
      expect(status.exitCode).toBe(4)
      expect(await machine.run('test', '-e', '/etc/surety/enrolment')).toMatchObject({ exitCode: 1 })
      expect(await machine.shell('stat -c %U:%a /var/lib/surety')).toBe('root:700')
      process.stderr.write(
        await machine.shell('systemd-analyze --no-pager security suretyd surety-directory | tail -3'),
      )
    },
    TEST_MS,
  )

  test(
    'its user has a tray on the session bus, and one line at log-in',
    async () => {
      const user = 'setpriv --reuid ada --regid ada --init-groups env XDG_RUNTIME_DIR=/run/user/$(id -u ada)'
      await machine.shell('systemctl start user@$(id -u ada)')
      await machine.shell(`${user} systemctl --user start surety-tray`)
      const title = 'busctl --user get-property org.surety.Tray /StatusNotifierItem org.kde.StatusNotifierItem Title'
      const shown = await waitFor('the tray', () => machine.run('/bin/sh', '-c', `${user} ${title}`), {
        until: ({ exitCode }) => exitCode === 0,
        everyMs: 500,
        show: async () => (await machine.run('journalctl', '--no-pager', '-n', '30')).stdout,
      })
      expect(shown.stdout).toMatch(/^s "Surety: \d+ to fix"$/m)
      expect(await machine.shell(`${user} systemctl --user show --value --property=NRestarts surety-tray`)).toBe('0')
      // By PAM, with the rights of the user.
      const logIn = () => machine.run('pamtester', 'login', 'ada', 'open_session')
      const greeted = await waitFor('the line', logIn, {
        until: ({ stdout }) => stdout.includes('to fix'),
        everyMs: 1000,
      })
      expect(greeted.stdout).toMatch(/^Surety: \d+ checks? of this device to fix\. Run: surety status$/m)
    },
    TEST_MS,
  )

  test(
    'an agent is frozen in its kernel by the hardened unit',
    async () => {
      await machine.shell('install -D -o ada /bin/bash /home/ada/.local/share/claude/versions/9.9.9')
      await machine.shell(
        `setpriv --reuid ada --regid ada --clear-groups sh -c 'cd; setsid /home/ada/.local/share/claude/versions/9.9.9 -c "while :; do echo >> /home/ada/counter; sleep 0.1; done" < /dev/null > /dev/null 2>&1 &'`,
      )
      await waitFor(
        'the running agent',
        async () => (await machine.run('surety', 'status', '--json')).stdout.includes('"running"'),
        { everyMs: 500 },
      )
      expect(await machine.run('surety', 'freeze', '--all', '--reason', 'it deletes tables')).toMatchObject({
        exitCode: 0,
      })
      const size = await machine.shell('stat -c %s /home/ada/counter')
      await machine.shell('sleep 1')
      expect(await machine.shell('stat -c %s /home/ada/counter')).toBe(size)
      // A device management changes a setting meanwhile.
      const pid = await machine.property('suretyd', 'MainPID')
      await setManaged('owner', { support: { owner: 'IT' } })
      await waitFor('the setting', () => machine.run('surety', 'status', '--json'), {
        until: ({ stdout }) => stdout.includes('"owner": "IT"'),
        everyMs: 500,
        show: () => journal(machine),
      })
      expect(await machine.property('suretyd', 'MainPID')).not.toBe(pid)
      expect(await machine.property('suretyd', 'Result')).toBe('success')
      expect(await machine.shell('stat -c %s /home/ada/counter')).toBe(size)
      await machine.shell('rm /etc/surety/managed.d/quick.json /etc/surety/managed.d/owner.json')
      expect(await machine.run('surety', 'release')).toMatchObject({ exitCode: 0 })
      await waitFor('the agent to go on', async () => (await machine.shell('stat -c %s /home/ada/counter')) !== size, {
        everyMs: 200,
      })
    },
    TEST_MS,
  )

  test(
    'a daemon that was killed, or whose event loop is stuck, is started again',
    async () => {
      const before = await machine.property('suretyd', 'MainPID')
      await machine.shell('systemctl kill --signal=KILL suretyd')
      await waitFor(
        'another daemon',
        async () => !['0', before].includes(await machine.property('suretyd', 'MainPID')),
        {
          everyMs: 200,
        },
      )
      await machine.shell(
        'mkdir -p /run/systemd/system/suretyd.service.d && printf "[Service]\\nWatchdogSec=3\\n" > /run/systemd/system/suretyd.service.d/quick.conf && systemctl daemon-reload && systemctl restart suretyd',
      )
      const stuck = await machine.property('suretyd', 'MainPID')
      await machine.shell(
        `sleep 5 && test "$(systemctl show --value --property=MainPID suretyd)" = ${stuck} && kill -STOP ${stuck}`,
      )
      await waitFor(
        'a daemon that is not stuck',
        async () => !['0', stuck].includes(await machine.property('suretyd', 'MainPID')),
        { everyMs: 200 },
      )
    },
    TEST_MS,
  )

  test(
    'installs a newer version over it and keeps the device, and refuses an older one',
    async () => {
      const device = await deviceOf(machine)
      await machine.uses('1.1.0')
      await machine.install('surety', 'surety-directory')
      expect(await machine.installedVersion()).toBe('1.1.0')
      await waitFor(
        'the same device',
        async () => {
          const { stdout } = await machine.run('surety', 'status', '--json')
          return stdout.includes(device) && (await machine.property('suretyd', 'ActiveState')) === 'active'
        },
        { everyMs: 500 },
      )
      await machine.uses('1.0.0')
      const older = await machine.apt('install', '--allow-downgrades', 'surety=1.0.0')
      expect(older.exitCode).not.toBe(0)
      expect(`${older.stdout}${older.stderr}`).toContain('is older: it would not read the state of 1.1.0')
      expect(await machine.installedVersion()).toBe('1.1.0')
      await machine.uses('1.1.0')
    },
    TEST_MS,
  )

  test(
    'the directory learns of the changed unit and settings, and no crash or restart',
    async () => {
      const id = await deviceOf(machine)
      const others = async () => (await tamperSigns(id)).filter(({ kind }) => kind !== 'settings-changed')
      await waitFor('the sign', async () => (await others()).length > 0, { everyMs: 500 })
      expect(await tamperSigns(id)).toContainEqual(
        expect.objectContaining({ kind: 'settings-changed', names: ['support.owner'] }),
      )
      expect(await others()).toMatchObject([
        {
          kind: 'service-changed',
          names: expect.arrayContaining(['/run/systemd/system/suretyd.service.d/quick.conf']),
        },
      ])
    },
    TEST_MS,
  )

  test.each(UPDATES)('updates: %s', async (_, run) => run(machine), TEST_MS)

  test(
    'removing tells the directory and keeps the state',
    async () => {
      const id = await deviceOf(machine)
      expect(await machine.apt('remove', 'surety')).toMatchObject({ exitCode: 0 })
      const [newest] = await tamperSigns(id)
      expect(newest).toMatchObject({ kind: 'removed', by: '0', reason: 'package removed' })
      await machine.install('surety')
      expect(await deviceOf(machine)).toBe(id)
    },
    TEST_MS,
  )

  test.each(BAD_LUCK)('bad luck: %s', async (_, run) => run(machine), TEST_MS)

  test(
    'purging leaves nothing',
    async () => {
      expect(await machine.apt('purge', 'surety', 'surety-directory')).toMatchObject({ exitCode: 0 })
      expect(
        await machine.shell(
          'find / -xdev -iname "*surety*" -not -path "/proc/*" -not -path "/opt/*" -not -path "/var/lib/apt/*" -not -path "/etc/apt/*" -not -path "/sys/*" -not -path "/var/log/*" -not -path "/var/cache/*"',
        ),
      ).toBe('')
    },
    TEST_MS,
  )

  test.each(RPM)('as an rpm: %s', async (_, run) => run(machine), TEST_MS)
})
