/** A place where real agents run as ordinary users, without a network but loopback, and leave nothing behind. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lchownSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { errnoOf } from '../../../../src/system/files/file-errors.ts'
import { scaledMs } from '../../../support/machine-speed.ts'
import {
  environmentOf,
  HOLD,
  type LabUser,
  labUser,
  makeFolders,
  makeHome,
  mountsOf,
  type UserInit,
  writeAccounts,
} from './lab-users.ts'
import { commandLineOf, endAll, pidsOf } from './owned-processes.ts'

const runToEnd = promisify(execFile)

const FAKE_MODEL = join(import.meta.dirname, '../model/fake-model.ts')
const MAX_USERS = 10

/** What every agent's model asks it to run. It ends by itself, since not every agent notices a command that is killed. */
export const TOOL_COMMAND = `cat ${HOLD}`

export interface LaboratoryInit {
  readonly users: readonly UserInit[]
  /** What every agent's model asks it to run; `TOOL_COMMAND` when absent. */
  readonly command?: string | undefined
}

export interface Laboratory extends AsyncDisposable {
  /** Where the user's model is, without a slash at the end. */
  modelOf(user: LabUser): string
  /** Ends the command that `hold` in the user's project keeps waiting, and lets the model answer those who tell its result. */
  release(user: LabUser): void
  /** Goes before a command that shall see the users and homes of this place, but the machine's network. */
  readonly inside: readonly string[]
  user(name: string): LabUser
  /** Places a file in a user's home, text as it is and anything else as JSON. */
  write(user: LabUser, path: string, content: unknown): void
  /** The bytes of a file in a user's home; 0 when there is none. */
  size(user: LabUser, path: string): number
  /** Starts a command in a terminal of its own; the answer is the pid of the shell there. */
  open(user: LabUser, command: readonly string[], environment: Readonly<Record<string, string>>): Promise<number>
  /** Runs a command to its end, without a terminal, and tells what it printed. @throws with what it said of its failure. */
  run(user: LabUser, command: readonly string[], options?: { readonly withinMs: number }): Promise<string>
  /** What stands in the user's terminal. */
  screen(user: LabUser): Promise<string>
  /** Every process of the user, now. */
  pidsOf(user: LabUser): readonly number[]
  /** Those of them that run the command of the model. */
  toolsOf(user: LabUser): readonly number[]
  /** Kills all that the user runs, and waits until nothing of it is left. */
  end(user: LabUser): Promise<void>
}

/** Why there can be no laboratory here; undefined when there can. */
export function laboratoryLacks(): string | undefined {
  if (process.platform !== 'linux') return 'real agents run in Linux namespaces'
  if (process.getuid?.() !== 0) return 'only root may make network namespaces and ordinary users'
  for (const [program, packageName] of [
    ['/usr/bin/tmux', 'tmux'],
    ['/usr/bin/unshare', 'util-linux'],
    ['/usr/bin/setpriv', 'util-linux'],
    ['/usr/sbin/ip', 'iproute2'],
  ] as const) {
    if (!existsSync(program)) return `${program} is missing (apt-get install ${packageName})`
  }
  const tried = spawnSync('unshare', ['--mount', '--net', 'true'], { encoding: 'utf8' })
  return tried.status === 0 ? undefined : `no namespaces: ${tried.stderr.trim()}`
}

export async function openLaboratory(init: LaboratoryInit): Promise<Laboratory> {
  if (init.users.length > MAX_USERS) throw new TypeError(`at most ${MAX_USERS} users`)
  const { command = TOOL_COMMAND } = init
  // Several test runs may have a laboratory at once.
  const firstUid = 20_000 + (process.pid % 3_000) * MAX_USERS
  const users = init.users.map((user, at) => labUser(user, firstUid + at))
  const folder = mkdtempSync(join(tmpdir(), 'surety-laboratory-'))
  const disposal = new AsyncDisposableStack()
  disposal.defer(() => rmSync(folder, { recursive: true, force: true }))
  try {
    chmodSync(folder, 0o755)
    writeAccounts(folder, users)
    for (const [at, user] of users.entries()) makeHome(folder, user, init.users[at])
    const holder = spawn('unshare', ['--mount', '--net', '--propagation', 'private', 'sh', '-e', '-c', HOLDER], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true, // what ends us ends all of our group, and it has to clean up then
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        MOUNTS: mountsOf(folder, init.users, users),
        FOLDER: folder,
        UIDS: users.map(({ uid }) => uid).join(' '),
      },
    })
    disposal.defer(() => end(holder))
    await firstLine(holder)
    const mount = `--mount=/proc/${holder.pid}/ns/mnt`
    const net = `--net=/proc/${holder.pid}/ns/net`
    const impatient = init.users.flatMap(({ name, isImpatient }) => (isImpatient === true ? [name] : []))
    const model = spawn('nsenter', [net, process.execPath, FAKE_MODEL, command, ...impatient], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {},
    })
    disposal.defer(() => end(model))
    const origin = `http://127.0.0.1:${await firstLine(model)}`
    disposal.defer(() => endAll(users))
    const inside = ['/usr/bin/nsenter', mount]
    return laboratory(folder, { command, model, origin, inside, enter: ['nsenter', mount, net], users, disposal })
  } catch (error) {
    await disposal.disposeAsync()
    throw error
  }
}

interface Place {
  readonly command: string
  readonly model: ChildProcess
  readonly origin: string
  readonly inside: readonly string[]
  readonly enter: readonly string[]
  readonly users: readonly LabUser[]
  readonly disposal: AsyncDisposableStack
}

function laboratory(folder: string, { command, model, origin, inside, enter, users, disposal }: Place): Laboratory {
  const asUser = async (
    user: LabUser,
    environment: Readonly<Record<string, string>>,
    command: readonly string[],
    { withinMs } = { withinMs: scaledMs(180_000) },
  ) => {
    const variables = Object.entries({ ...environmentOf(user), ...environment }).map(
      ([name, value]) => `${name}=${value}`,
    )
    const rights = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.uid}`, '--clear-groups']
    // nsenter leaves the working folder at the root.
    const there = ['env', `--chdir=${user.project}`, '-i', ...variables, ...command]
    const [program = '', ...args] = [...enter, ...rights, ...there]
    // execFile's error holds the words of the command and what it said.
    return (await runToEnd(program, args, { timeout: withinMs })).stdout
  }
  const tmux = (user: LabUser, environment: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    asUser(user, environment, ['tmux', '-S', `${user.home}/.terminal`, ...args])
  return {
    modelOf: ({ name }) => `${origin}/${name}`,
    release({ name, project }) {
      model.stdin?.write(`${name}\n`)
      openAndClose(join(folder, project, HOLD))
    },
    inside,
    user(name) {
      const found = users.find((user) => user.name === name)
      if (found === undefined) throw new TypeError(`no user ${name}`)
      return found
    },
    write(user, path, content) {
      const file = join(folder, user.home, path)
      makeFolders(join(folder, user.home), dirname(path), user.uid)
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
      lchownSync(file, user.uid, user.uid)
    },
    size: (user, path) => statSync(join(folder, user.home, path), { throwIfNoEntry: false })?.size ?? 0,
    async open(user, command, environment) {
      const shell = ['bash', '-c', '"$@"; exec sleep infinity', 'bash', ...command]
      const size = ['-x', '160', '-y', '45']
      const pane = ['-P', '-F', '#{pane_pid}', '-c', user.project]
      // Its server inherits the environment, and every terminal does of it.
      return Number((await tmux(user, environment, 'new-session', '-d', ...size, ...pane, ...shell)).trim())
    },
    run: (user, command, options) => asUser(user, {}, command, options),
    screen: (user) => tmux(user, {}, 'capture-pane', '-p'),
    pidsOf: (user) => pidsOf([user]),
    toolsOf: (user) => pidsOf([user]).filter((pid) => commandLineOf(pid) === command),
    end: (user) => endAll([user]),
    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  }
}

/**
 * Has an /etc of its own: a file that is laid over another goes when somebody replaces the one below, as adduser does.
 *
 * Ends with its standard input, which is ours, and all that the users run with it: also when we are killed, nothing is
 * left behind.
 */
const HOLDER = `ip link set lo up
mkdir "$FOLDER/etc"
mount -t tmpfs -o mode=755 tmpfs "$FOLDER/etc"
cp -a /etc/. "$FOLDER/accounts/." "$FOLDER/etc"
mount --bind "$FOLDER/etc" /etc
printf '%s' "$MOUNTS" | while IFS='	' read -r from to; do mount --bind "$from" "$to"; done
echo ready
cat
for uid in $UIDS; do setpriv --reuid="$uid" --regid="$uid" --clear-groups sh -c 'kill -KILL -1' || true; done
umount --recursive --lazy /home /etc "$FOLDER/etc"
rm -rf "$FOLDER"`

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new TypeError('its standard output is not ours')
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([once(lines, 'line'), once(child, 'exit')])
  if (typeof first[0] !== 'string') throw new Error(`${child.spawnfile} ended`)
  return first[0]
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.stdin?.end()
  await once(child, 'exit')
}

/** For writing only: a reader would be at the end at once. */
function openAndClose(fifo: string): void {
  try {
    closeSync(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK))
  } catch (error) {
    if (errnoOf(error) !== 'ENXIO') throw error
  }
}
