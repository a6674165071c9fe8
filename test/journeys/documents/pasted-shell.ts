import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Shell blocks of documents, run in one shell as a reader pastes them. */

const ROOT = resolve(import.meta.dirname, '../../..')

/** @param options.without the heading of a part that is left out. */
export function shellBlocksOf(
  document: string,
  { without }: { readonly without?: string | undefined } = {},
): readonly string[] {
  const parts = readFileSync(join(ROOT, document), 'utf8').split(/^## /m)
  const page = parts.filter((part) => without === undefined || !part.startsWith(`${without}\n`)).join('\n')
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
}

export interface PasteInit {
  readonly environment?: Readonly<Record<string, string>>
  /** Runs as root of a machine of its own: see `MACHINE`. */
  readonly machine?: boolean
  readonly timeoutMs?: number
  /** Fills the folder of the shell before it starts. */
  readonly prepare?: (cwd: string) => Promise<void>
}

export interface Pasted {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** The numbers of the blocks that began, from 1. */
  readonly begun: readonly number[]
  /** Text of a file in the folder of the shell; empty if there is none. */
  readonly logs: Readonly<Record<string, string>>
}

/** Why there can be no machine; undefined if there can. */
export function machineLacks(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux makes namespaces'
  const { status, stderr } = spawnSync('/usr/bin/unshare', [...NAMESPACES, 'true'], { encoding: 'utf8' })
  return status === 0 ? undefined : `no namespaces: ${stderr.trim()}`
}

const NAMESPACES = ['--mount', '--net', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc']

/**
 * An empty machine that shares programs and kernel with this one: its own accounts, configuration, state, loopback, host
 * name and processes. `$MACHINE` is an empty folder.
 */
const MACHINE = `
cp -a /etc "$MACHINE/etc"
mount --bind "$MACHINE/etc" /etc
rm -rf /etc/surety
for place in /var/backups /var/lib /var/log /run; do mount -t tmpfs -o mode=755 tmpfs $place; done
install -d -m 700 /var/lib/root
printf 'root:x:0:0:root:/var/lib/root:/bin/bash\\n' > /etc/passwd
hostname lap-0042
ip link set lo up
printf '127.0.0.1 localhost lap-0042 directory.example.org\\n' > /etc/hosts
`

/** Job control, as in the shell of a person, and an end at the first command that fails. */
export async function paste(blocks: readonly string[], init: PasteInit = {}): Promise<Pasted> {
  const { environment = {}, machine = false, timeoutMs = scaledMs(120_000), prepare } = init
  using folder = temporaryFolder()
  const cwd = join(folder.path, 'new')
  const own = join(folder.path, 'machine')
  for (const made of [cwd, own]) mkdirSync(made, { mode: 0o700 })
  await prepare?.(cwd)
  const end = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"
  const script = [
    ...(machine ? [MACHINE] : []),
    end,
    ...blocks.map((block, at) => `echo "block ${at + 1}"\n${block}`),
  ].join('\n')
  const command = [...(machine ? ['/usr/bin/unshare', ...NAMESPACES] : []), '/bin/bash', '-emc', script]
  const shell = spawn(command[0] ?? '', command.slice(1), {
    cwd,
    env: {
      PATH: `${linked(folder.path)}:/usr/sbin:/sbin`,
      HOME: folder.path,
      LANG: 'C.UTF-8',
      MACHINE: own,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text
  })
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
  })
  const ended = once(shell, 'close')
  const late = setTimeout(() => shell.kill('SIGKILL'), timeoutMs)
  const [exitCode] = await ended
  clearTimeout(late)
  const log = (name: string) => {
    try {
      return readFileSync(join(cwd, name), 'utf8')
    } catch {
      return ''
    }
  }
  const begun = [...said.stdout.matchAll(/^block (\d+)$/gm)].map(([, number]) => Number(number))
  return { exitCode, ...said, begun, logs: { directory: log('directory.log'), suretyd: log('suretyd.log') } }
}

/** The programs as `npm run link` gives them, for the Node that runs this test. */
function linked(folder: string): string {
  const prefix = join(folder, 'linked')
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/link.ts'), '--prefix', prefix], {
    encoding: 'utf8',
  })
  if (status !== 0 || stderr !== '') throw new Error(`npm run link: ${stderr}`)
  return `${join(prefix, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`
}
