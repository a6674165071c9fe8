import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type DebianMachine, debianMachine, debianMachineLacks, PROGRAMS_FOLDER, type Ran } from './debian-machine.ts'

/**
 * Stops on a Debian with its own systemd: over restarts and an update of the service, log-outs and reboots, and for what an agent
 * has systemd, at and cron start. The stand-in for an agent is a shell at the place of Claude Code's program.
 */

const ROOT = resolve(import.meta.dirname, '../../..')
const PACKAGES = ['dbus-user-session', 'procps', 'libpam-systemd', 'passwd', 'at', 'cron']
/** Users of other runs of this test have others: a daemon that sees the whole host must not take them for this one. */
const UID = 55_000 + (process.pid % 4_000)
const HOME = '/home/ada'
const AGENT = `${HOME}/.local/share/claude/versions/9.9.9`
const NODE = `${PROGRAMS_FOLDER}/bin/node`
const SURETY = `${PROGRAMS_FOLDER}/surety/surety.mjs`
const SURETYD = `${PROGRAMS_FOLDER}/suretyd/suretyd.mjs`
const OUTSIDE_SOCKET = '/run/surety-outside/control.sock'
/** Lines of another program of the user: what is not stopped would have written as many. */
const WITNESS_LINES = 20

const UNIT = `[Unit]
Description=Surety device trust daemon
[Service]
Type=notify
ExecStartPre=-/usr/bin/umount /run/host/os-release
ExecStart=${NODE} ${SURETYD} run --keys software
Restart=always
[Install]
WantedBy=multi-user.target
`
const WRITE = (name: string) => `while :; do echo >> ${HOME}/${name}; sleep 0.05; done`
/** What a user does after a log-in. `$1` is its name. A unit of her own begins before the agent does: see docs/decisions/0059. */
const SESSION = `
if [ "$2" = hand-offs ]; then systemd-run --user --quiet sh -c "${WRITE('own-unit')}"; fi
${AGENT} ${HOME}/"$2" "$1" &
${WRITE('other.$1')}
`
const TOOL = `
setsid sh -c "${WRITE('tool.$1')}" &
${WRITE('self.$1')}
`
const HAND_OFFS = `
setsid sh -c "${WRITE('tool.$1')}" &
systemd-run --user --quiet sh -c "${WRITE('unit.$1')}"
systemd-run --user --quiet --unit=later --on-active=70 sh -c "${WRITE('timer.$1')}"
echo "${WRITE('at.$1')}" | at now
echo "${WRITE('at-later.$1')}" | at now + 2 minutes
echo "* * * * * ${WRITE('cron.$1')}" | crontab -
${WRITE('self.$1')}
`

const lacks = debianMachineLacks()
if (lacks !== undefined) process.stderr.write(`skipped: stops on a Debian with systemd: ${lacks}\n`)
const there = lacks === undefined ? describe : describe.skip

const disposal = new AsyncDisposableStack()
let machine: DebianMachine

const BOOT_MS = scaledMs(400_000)
const TEST_MS = scaledMs(600_000)

async function root(program: string, ...args: readonly string[]): Promise<Ran> {
  const ran = await machine.run(program, ...args)
  if (ran.exitCode !== 0) throw new Error(`${program} ${args.join(' ')}: ${ran.stderr}${ran.stdout}`)
  return ran
}

const shell = (script: string) => root('/bin/sh', '-c', script)

/** As ada, outside of her sessions. */
const ada = (...command: readonly string[]) =>
  machine.run(
    ...(['setpriv', '--reuid', `${UID}`, '--regid', `${UID}`, '--clear-groups', '/usr/bin/env'] as const),
    ...[`HOME=${HOME}`, `XDG_RUNTIME_DIR=/run/user/${UID}`, ...command],
  )

const surety = (...args: readonly string[]) => ada(NODE, SURETY, ...args)

/** A log-in with all that PAM does for one; `script` is what the agent runs. It ends with `logOut`. */
async function logIn(name: string, script: string): Promise<void> {
  const unit = ['--quiet', '--collect', `--unit=login-${name}`, `--uid=${UID}`, '--property=PAMName=login']
  await root('systemd-run', ...unit, '/bin/sh', `${HOME}/session`, name, script)
  await waitFor('the session', async () => (await sizeOf(`other.${name}`)) > 0)
}

async function logOut(name: string): Promise<void> {
  await root('systemctl', 'stop', `login-${name}`)
  await waitFor('the end of the manager of the user', async () => {
    const { stdout } = await machine.run('systemctl', 'is-active', `user@${UID}`)
    return stdout.trim() === 'inactive'
  })
}

async function write(path: string, text: string): Promise<void> {
  await root('/bin/sh', '-c', 'printf %s "$2" > "$1"', 'sh', path, text)
}

/** 0 for a file that is not there. */
async function sizeOf(name: string): Promise<number> {
  const { stdout } = await machine.run('stat', '--format=%s', `${HOME}/${name}`)
  return Number(stdout)
}

const sizesOf = (names: readonly string[]) => Promise.all(names.map(sizeOf))

async function writesOn(...names: readonly string[]): Promise<void> {
  const before = await sizesOf(names)
  await waitFor(
    `${names} to be written`,
    async () => (await sizesOf(names)).every((size, at) => size > (before[at] ?? 0)),
    {
      everyMs: 200,
      withinMs: 90_000,
      show: () => sizesOf(names),
    },
  )
}

/** Which of them grow while ada's other work goes on. */
async function movingOf(witness: string, ...names: readonly string[]): Promise<readonly string[]> {
  const before = await sizesOf(names)
  const from = await sizeOf(witness)
  await waitFor(`${witness} to go on`, async () => (await sizeOf(witness)) > from + WITNESS_LINES, { everyMs: 200 })
  const after = await sizesOf(names)
  return names.filter((_, at) => after[at] !== before[at])
}

async function untilStill(witness: string, ...names: readonly string[]): Promise<void> {
  await waitFor('all to stand still', () => movingOf(witness, ...names), { until: (moving) => moving.length === 0 })
}

const frozenPids = async () =>
  (await shell('find /sys/fs/cgroup/surety.quarantine -path "*/@*/cgroup.procs" -exec cat {} + || true')).stdout
    .split('\n')
    .filter(Boolean)
    .map(Number)

beforeAll(async () => {
  if (lacks !== undefined) return
  const { path } = disposal.use(temporaryFolder())
  const programs = join(path, 'programs')
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts'), '--out', programs, 'suretyd', 'surety'], {
    stdio: 'pipe',
  })
  mkdirSync(join(programs, 'bin'))
  copyFileSync(process.execPath, join(programs, 'bin/node'))
  machine = disposal.use(await debianMachine({ packages: PACKAGES, programs }))
  // The exec gate marks whole file systems: those of the host must not be among them.
  expect((await root('cat', '/proc/self/mountinfo')).stdout).not.toMatch(/ - (ext4|xfs|btrfs|overlay|virtiofs) /)
  await root('useradd', '--create-home', `--uid=${UID}`, '--shell=/bin/bash', 'ada')
  await shell(`mkdir -p ${AGENT.slice(0, AGENT.lastIndexOf('/'))} && cp /bin/bash ${AGENT}`)
  for (const [name, text] of Object.entries({ session: SESSION, tool: TOOL, 'hand-offs': HAND_OFFS }))
    await write(`${HOME}/${name}`, text)
  await root('chown', '-R', 'ada:ada', HOME)
  await write('/etc/systemd/system/suretyd.service', UNIT)
}, BOOT_MS)

afterAll(() => disposal.disposeAsync(), BOOT_MS)

there('as a service of systemd, a stop of a user', () => {
  const mainPid = async () =>
    (await root('systemctl', 'show', '--value', '--property=MainPID', 'suretyd')).stdout.trim()

  test(
    'stays in force while the user tries to undo it',
    async () => {
      await root('systemctl', 'enable', '--now', 'suretyd')
      await logIn('one', 'tool')
      await writesOn('self.one', 'tool.one')
      await surety('freeze', '--all', '--reason', 'it deletes tables')
      await untilStill('other.one', 'self.one', 'tool.one')
      const [pid] = await frozenPids()
      const own = `/sys/fs/cgroup/user.slice/user-${UID}.slice/user@${UID}.service/mine`
      const tricks = [
        'for file in /sys/fs/cgroup/surety.quarantine/*/*/cgroup.freeze; do echo 0 > "$file"; done',
        `echo ${pid} > ${own}/cgroup.procs`,
        `echo ${pid} > /sys/fs/cgroup/cgroup.procs`,
      ]
      // The subtree is really delegated: making groups in it and moving what is in it is allowed.
      expect(await ada('/bin/sh', '-c', `mkdir ${own}`)).toMatchObject({ exitCode: 0 })
      for (const trick of tricks) expect((await ada('/bin/sh', '-c', trick)).exitCode).not.toBe(0)
      expect(await ada('kill', '-CONT', `${pid}`)).toMatchObject({ exitCode: 0 })
      // The user's manager serves the other work.
      expect(await ada('systemd-run', '--user', '--quiet', '--wait', 'true')).toMatchObject({ exitCode: 0 })
      expect(await movingOf('other.one', 'self.one', 'tool.one')).toEqual([])
    },
    TEST_MS,
  )

  test(
    'stays in force over a restart, an update and the death of the daemon',
    async () => {
      for (const change of [
        'systemctl restart suretyd',
        // As a package is replaced: a new file at the place of each.
        `cp -r ${PROGRAMS_FOLDER} ${PROGRAMS_FOLDER}.new && mv ${PROGRAMS_FOLDER} ${PROGRAMS_FOLDER}.old &&
          mv ${PROGRAMS_FOLDER}.new ${PROGRAMS_FOLDER} && systemctl restart suretyd && rm -r ${PROGRAMS_FOLDER}.old`,
        'systemctl kill --signal=KILL suretyd',
      ]) {
        const before = await mainPid()
        await shell(change)
        await waitFor(
          'the next daemon',
          async () => {
            const { exitCode, stdout } = await surety('status', '--json')
            return ![before, '0'].includes(await mainPid()) && exitCode === 5 && JSON.parse(stdout).stops.heldCount > 0
          },
          { everyMs: 200 },
        )
        expect(await movingOf('other.one', 'self.one', 'tool.one')).toEqual([])
      }
    },
    TEST_MS,
  )

  test(
    'stays in force over a log-out, a log-in and a reboot, for what starts then',
    async () => {
      await logOut('one')
      const held = await frozenPids()
      await logIn('two', 'tool')
      await untilStill('other.two', 'self.one', 'tool.one', 'self.two', 'tool.two')
      expect(await frozenPids()).toEqual(expect.arrayContaining(held))
      await machine.reboot()
      await logIn('three', 'tool')
      await untilStill('other.three', 'self.three', 'tool.three')
      const { exitCode, stdout } = await surety('status')
      expect([exitCode, stdout]).toEqual([5, expect.stringContaining('it deletes tables')])
      expect(await surety('release')).toMatchObject({ exitCode: 0 })
      await writesOn('self.three', 'tool.three', 'other.three')
      // They run before they are moved back to their groups.
      await waitFor('the quarantine to be empty', frozenPids, { until: (pids) => pids.length === 0, everyMs: 200 })
      // What runs on would keep the session.
      await root('systemctl', 'kill', '--signal=KILL', `user-${UID}.slice`)
    },
    TEST_MS,
  )
})

there('where process events arrive, a stop of a user', () => {
  let daemon: ChildProcess | undefined
  const names = ['self.four', 'tool.four', 'unit.four', 'at.four', 'cron.four']
  const later = ['timer.four', 'at-later.four']
  const control = (...args: readonly string[]) => surety(...args, '--socket', OUTSIDE_SOCKET)

  /** Sees the processes of the host, because the kernel tells events of the first PID namespace alone. It stops what ada runs. */
  async function startDaemon(): Promise<void> {
    await shell(`mkdir -p ${OUTSIDE_SOCKET.slice(0, OUTSIDE_SOCKET.lastIndexOf('/'))}; rm -f ${OUTSIDE_SOCKET}`)
    const [program = '', ...args] = machine.outside()
    const places = ['--state-folder', '/var/lib/surety-outside', '--socket', OUTSIDE_SOCKET]
    const command = [NODE, SURETYD, 'run', '--keys', 'software', '--posture-skip', 'os.security-updates', ...places]
    daemon = spawn(program, [...args, ...command], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
    })
    await waitFor(
      'the daemon',
      async () => {
        if (daemon?.exitCode !== null) throw new Error(`it ended with ${daemon?.exitCode}`)
        return (await control('status', '--json')).stdout !== ''
      },
      { everyMs: 200 },
    )
  }

  async function endDaemon(signal: NodeJS.Signals): Promise<void> {
    if (daemon === undefined || daemon.exitCode !== null) return
    const ended = once(daemon, 'exit')
    daemon.kill(signal)
    await ended
    daemon = undefined
  }

  afterAll(() => endDaemon('SIGTERM'))

  test(
    'holds what an agent had systemd, at and cron start, now and later',
    async () => {
      await root('systemctl', 'disable', '--now', 'suretyd')
      await startDaemon()
      await logIn('four', 'hand-offs')
      await writesOn(...names, 'own-unit')
      await control('freeze', '--all')
      await untilStill('own-unit', ...names)
      await waitFor(
        'the later jobs to begin',
        async () => {
          const { stdout } = await ada('systemctl', '--user', 'is-active', 'later.service')
          const queued = (await ada('atq')).stdout.split('\n').filter((line) => / a /.test(line))
          return stdout.trim() === 'active' && queued.length === 0
        },
        { everyMs: 1_000, withinMs: 200_000 },
      )
      await untilStill('own-unit', ...names, ...later)
      await writesOn('other.four')
    },
    TEST_MS,
  )

  test(
    "holds it over the daemon's death, and the crontab over a reboot, to the release",
    async () => {
      await endDaemon('SIGKILL')
      await startDaemon()
      expect(await movingOf('own-unit', ...names, ...later)).toEqual([])
      await endDaemon('SIGKILL')
      await machine.reboot()
      await startDaemon()
      await logIn('five', 'tool')
      const jobs = async () =>
        (await ada('/bin/sh', '-c', 'ps -o args= -u ada')).stdout.match(/cron\.four/g)?.length ?? 0
      await waitFor('a job of the crontab', async () => (await jobs()) > 0, {
        everyMs: 500,
        withinMs: 90_000,
      })
      await untilStill('other.five', 'cron.four', 'self.five', 'tool.five')
      expect(await control('release')).toMatchObject({ exitCode: 0 })
      await writesOn('cron.four', 'self.five', 'tool.five')
    },
    TEST_MS,
  )
})
