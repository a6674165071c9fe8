import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join, resolve } from 'node:path'
import { type DebianMachine, debianMachine, debianMachineLacks, type Ran } from '../journeys/machines/debian-machine.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/**
 * The packages on a new Debian with its own systemd, as an administrator installs them: from a repository, silently. The directory
 * and the laptop are one machine here. It boots in namespaces, so there is no TPM, and the kernel is that of the host.
 */

const ROOT = resolve(import.meta.dirname, '../..')
const BOOT_MS = scaledMs(400_000)
const TEST_MS = scaledMs(300_000)
const lacks = debianMachineLacks()
if (lacks !== undefined) process.stderr.write(`skipped: installed packages: ${lacks}\n`)
const there = lacks === undefined ? describe : describe.skip

const disposal = new AsyncDisposableStack()
let machine: DebianMachine

async function root(program: string, ...args: readonly string[]): Promise<Ran> {
  const ran = await machine.run(program, ...args)
  if (ran.exitCode !== 0) throw new Error(`${program} ${args.join(' ')}: ${ran.stderr}${ran.stdout}`)
  return ran
}
const shell = async (script: string) => (await root('/bin/sh', '-ec', script)).stdout.trim()
const apt = (...args: readonly string[]) =>
  machine.run('/usr/bin/env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y', ...args)
const installedVersion = () => shell('dpkg-query --show surety | cut -f 2')
const install = (...names: readonly string[]) =>
  root('/usr/bin/env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y', 'install', ...names)
const property = (unit: string, name: string) => shell(`systemctl show --value --property=${name} ${unit}`)

/** A repository on loopback, which the machine shares. */
async function serveRepository(folder: string): Promise<{ server: Server; address: string }> {
  const server = createServer((request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname))
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-length': statSync(path).size })
    createReadStream(path).pipe(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, address: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}

const package_ = (out: string, version: string) =>
  execFileSync(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/package.ts'), 'deb', '--fast'],
      ...['--out', out, '--version', version],
    ],
    { stdio: 'pipe', env: { ...process.env, SOURCE_DATE_EPOCH: '1795000000' } },
  )

const uses = async (address: string) => {
  await shell(`echo 'deb [trusted=yes] ${address}/apt stable main' > /etc/apt/sources.list.d/surety.list`)
  await shell('apt-get -qq update')
}

beforeAll(async () => {
  if (lacks !== undefined) return
  const { path } = disposal.use(temporaryFolder())
  for (const version of ['1.0.0', '1.1.0']) package_(join(path, version), version)
  const { server, address } = await serveRepository(path)
  disposal.defer(() => void server.close())
  machine = disposal.use(
    await debianMachine({
      packages: ['procps', 'passwd', 'init-system-helpers', 'libstdc++6'],
      programs: join(path, '1.0.0'),
    }),
  )
  addressOf = (version) => `${address}/${version}`
  // The smallest Debian has no names at all.
  await shell('echo 127.0.0.1 localhost directory.example.org >> /etc/hosts')
  await root('useradd', '--create-home', '--shell=/bin/bash', 'ada')
  await uses(addressOf('1.0.0'))
}, BOOT_MS)
let addressOf: (version: string) => string

afterAll(() => disposal.disposeAsync(), BOOT_MS)

there('the packages on a new Debian', () => {
  test(
    'the directory is installed, started and asked with one command each',
    async () => {
      await shell(
        `install -d /etc/surety && echo '{ "names": ["directory.example.org"] }' > /etc/surety/directory.json`,
      )
      await install('surety-directory')
      await waitFor(
        'the directory',
        async () => (await machine.run('surety-directory', 'devices', 'list')).exitCode === 0,
        {
          everyMs: 500,
          show: async () => (await machine.run('journalctl', '-u', 'surety-directory', '--no-pager')).stdout,
        },
      )
      expect(await property('surety-directory', 'ActiveState')).toBe('active')
      expect(await shell('stat -c %U:%a /var/lib/surety-directory')).toBe('surety-directory:700')
    },
    TEST_MS,
  )

  test(
    'a laptop is enrolled by a file that lies there before the install, and its user asks for the status',
    async () => {
      await shell(
        'install -d /etc/surety && surety-directory token create --owner ada@example.org --minimum-tier software --out /etc/surety/enrolment',
      )
      await install('surety')
      await waitFor(
        'the enrolled device',
        async () => (await shell('surety-directory devices list --json')).includes('ada@example.org'),
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
      expect(await shell('stat -c %U:%a /var/lib/surety')).toBe('root:700')
      process.stderr.write(await shell('systemd-analyze --no-pager security suretyd surety-directory | tail -3'))
    },
    TEST_MS,
  )

  test(
    'an agent is frozen in its kernel by the hardened unit',
    async () => {
      await shell('install -D -o ada /bin/bash /home/ada/.local/share/claude/versions/9.9.9')
      await shell(
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
      const size = await shell('stat -c %s /home/ada/counter')
      await shell('sleep 1')
      expect(await shell('stat -c %s /home/ada/counter')).toBe(size)
      expect(await machine.run('surety', 'release')).toMatchObject({ exitCode: 0 })
      await waitFor('the agent to go on', async () => (await shell('stat -c %s /home/ada/counter')) !== size, {
        everyMs: 200,
      })
    },
    TEST_MS,
  )

  test(
    'a daemon that was killed, or whose event loop is stuck, is started again',
    async () => {
      const before = await property('suretyd', 'MainPID')
      await shell('systemctl kill --signal=KILL suretyd')
      await waitFor('another daemon', async () => !['0', before].includes(await property('suretyd', 'MainPID')), {
        everyMs: 200,
      })
      await shell(
        'mkdir -p /run/systemd/system/suretyd.service.d && printf "[Service]\\nWatchdogSec=3\\n" > /run/systemd/system/suretyd.service.d/quick.conf && systemctl daemon-reload && systemctl restart suretyd',
      )
      const stuck = await property('suretyd', 'MainPID')
      await shell(
        `sleep 5 && test "$(systemctl show --value --property=MainPID suretyd)" = ${stuck} && kill -STOP ${stuck}`,
      )
      await waitFor(
        'a daemon that is not stuck',
        async () => !['0', stuck].includes(await property('suretyd', 'MainPID')),
        { everyMs: 200 },
      )
    },
    TEST_MS,
  )

  test(
    'a newer version is installed over it and keeps the device, an older one is refused',
    async () => {
      const device = JSON.parse(await shell('surety-directory devices list --json')).devices[0].id
      await uses(addressOf('1.1.0'))
      await install('surety', 'surety-directory')
      expect(await installedVersion()).toBe('1.1.0')
      await waitFor(
        'the same device',
        async () => {
          const { stdout } = await machine.run('surety', 'status', '--json')
          return stdout.includes(device) && (await property('suretyd', 'ActiveState')) === 'active'
        },
        { everyMs: 500 },
      )
      await uses(addressOf('1.0.0'))
      const older = await apt('install', '--allow-downgrades', 'surety=1.0.0')
      expect(older.exitCode).not.toBe(0)
      expect(`${older.stdout}${older.stderr}`).toContain('is older: it would not read the state of 1.1.0')
      expect(await installedVersion()).toBe('1.1.0')
      await uses(addressOf('1.1.0'))
    },
    TEST_MS,
  )

  test(
    'removing keeps the state, purging leaves nothing',
    async () => {
      expect(await apt('remove', 'surety')).toMatchObject({ exitCode: 0 })
      expect(await machine.run('test', '-d', '/var/lib/surety')).toMatchObject({ exitCode: 0 })
      expect(await apt('purge', 'surety', 'surety-directory')).toMatchObject({ exitCode: 0 })
      expect(
        await shell(
          'find / -xdev -iname "*surety*" -not -path "/proc/*" -not -path "/opt/*" -not -path "/var/lib/apt/*" -not -path "/etc/apt/*" -not -path "/sys/*" -not -path "/var/log/*" -not -path "/var/cache/*"',
        ),
      ).toBe('')
    },
    TEST_MS,
  )
})
