/** A place where real browsers run for an ordinary user under policies, and the machine does not change. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

export const CHROMIUM = '/usr/bin/chromium'
export const FIREFOX = '/usr/bin/firefox-esr'

/** Why there can be no such place here; undefined when there can. */
export function placeLacks(): string | undefined {
  if (process.platform !== 'linux') return 'policies of browsers are laid over /etc in a Linux namespace'
  if (process.getuid?.() !== 0) return 'only root may make mount namespaces and ordinary users'
  for (const program of ['/usr/bin/unshare', '/usr/bin/nsenter', '/usr/bin/setpriv']) {
    if (!existsSync(program)) return `${program} is missing (apt-get install util-linux)`
  }
  const tried = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' })
  return tried.status === 0 ? undefined : `no namespaces: ${tried.stderr.trim()}`
}

export interface BrowserPlace extends AsyncDisposable {
  readonly uid: number
  /** As seen inside. */
  readonly home: string
  /** Goes before a command that shall see the policies, the user and the home. */
  readonly inside: readonly string[]
  /** Below the home, text as it is, bytes too, and anything else as JSON. */
  write(path: string, content: unknown): void
  /** What lies below the home. */
  at(path: string): string
  /** Runs a program as the user until it ends or the place does. Descriptors 3 and 4 are pipes. */
  start(command: readonly string[], environment?: Readonly<Record<string, string>>): ChildProcess
}

/** @param policies by their places in /etc. */
export async function openBrowserPlace(policies: Readonly<Record<string, unknown>>): Promise<BrowserPlace> {
  const uid = 52_000 + (process.pid % 5_000)
  const folder = mkdtempSync(join(tmpdir(), 'surety-browsers-'))
  const disposal = new AsyncDisposableStack()
  disposal.defer(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  const home = '/home/ada'
  const at = (path: string) => join(folder, home, path)
  mkdirSync(at('.'), { recursive: true })
  lchownSync(at('.'), uid, uid)
  for (const [path, content] of Object.entries(policies)) writeIn(join(folder, 'more', path), content)
  writeIn(join(folder, 'more/passwd'), `${readFileSync('/etc/passwd', 'utf8')}ada:x:${uid}:${uid}::${home}:/bin/bash\n`)
  writeIn(join(folder, 'more/group'), `${readFileSync('/etc/group', 'utf8')}ada:x:${uid}:\n`)
  const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-e', '-c', HOLDER], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', FOLDER: folder, HOME_UID: String(uid) },
  })
  disposal.defer(async () => {
    if (holder.exitCode !== null) return
    holder.stdin.end()
    await once(holder, 'exit')
  })
  const ready = await Promise.race([once(createInterface({ input: holder.stdout }), 'line'), once(holder, 'exit')])
  if (ready[0] !== 'ready') {
    await disposal.disposeAsync()
    throw new Error('the place could not be made')
  }
  const inside = ['/usr/bin/nsenter', `--mount=/proc/${holder.pid}/ns/mnt`]
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
  return {
    uid,
    home,
    inside,
    at,
    write(path, content) {
      writeIn(at(path), content)
      for (let part = path; part !== '.'; part = dirname(part)) lchownSync(at(part), uid, uid)
    },
    start(command, environment = {}) {
      const variables = Object.entries({ HOME: home, PATH: '/usr/bin:/bin', ...environment })
      const there = [
        'env',
        '-i',
        `--chdir=${home}`,
        ...variables.map(([name, value]) => `${name}=${value}`),
        ...command,
      ]
      const [program = '', ...args] = [...inside, ...user, ...there]
      return spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] })
    },
    async [Symbol.asyncDispose]() {
      await disposal.disposeAsync()
      for (const name of readdirSync('/tmp').filter((each) => each.endsWith(`-of-${uid}`))) {
        rmSync(join('/tmp', name), { recursive: true, force: true })
      }
    },
  }
}

/** Ends with its standard input, which is ours, and with it all that the user runs: also when we are killed. */
const HOLDER = `mkdir -p "$FOLDER/etc"
mount -t tmpfs -o mode=755 tmpfs "$FOLDER/etc"
cp -a /etc/. "$FOLDER/more/." "$FOLDER/etc"
mount --bind "$FOLDER/etc" /etc
mount --bind "$FOLDER/home" /home
echo ready
cat
setpriv --reuid="$HOME_UID" --regid="$HOME_UID" --clear-groups sh -c 'kill -KILL -1' || true
umount --lazy /home /etc "$FOLDER/etc"
rm -rf "$FOLDER"`

function writeIn(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true })
  const bytes = content instanceof Uint8Array || typeof content === 'string'
  writeFileSync(file, bytes ? content : JSON.stringify(content))
}
