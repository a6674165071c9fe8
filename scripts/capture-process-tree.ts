/**
 * Captures what the kernel tells of the processes that a command starts, as a fixture of `test/fixtures/process-trees`:
 *
 *     node scripts/run.cjs scripts/capture-process-tree.ts NAME [--seconds N] [--no-terminal] [--note TEXT] -- COMMAND…
 *
 * The command runs in a terminal of its own unless told otherwise, with keys for models in its environment. Of the looks
 * of those seconds the one is kept in which the most processes stand as the tools of agents do. Names of variables only;
 * folders of this machine are renamed (CAPTURE_TOOLS and CAPTURE_PROJECT name two more). Ends what it started.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { linuxProcesses } from '../src/system/processes/linux.ts'
import { linuxProcessDetails } from '../src/system/processes/linux-details.ts'
import type { ProcessEntry } from '../src/system/processes/process-table.ts'

const MARK = 'SURETY_CAPTURE'
const FOLDER = resolve(import.meta.dirname, '../test/fixtures/process-trees')
const table = linuxProcesses()
const details = linuxProcessDetails()

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '8' },
    'no-terminal': { type: 'boolean', default: false },
    note: { type: 'string' },
  },
})
const [name = '', ...command] = positionals
if (!/^[a-z0-9-]+$/.test(name) || command.length === 0) throw new TypeError('NAME and a command are needed')
const text = command.join(' ')
const mark = `${process.pid}-${Date.now()}`

/** As a person has it who has exported a key and an address for a model, and as continuous integration is given them. */
const { PATH = '', HOME: home = '/root' } = process.env
const env = {
  ...{ PATH, HOME: home, USER: 'alice', SHELL: '/bin/bash', TERM: 'xterm-256color', LANG: 'C.UTF-8' },
  ...{ OPENAI_API_KEY: 'none', ANTHROPIC_API_KEY: 'none', OPENAI_BASE_URL: 'http://127.0.0.1:18080/v1', [MARK]: mark },
}
const started = values['no-terminal']
  ? spawn('bash', ['-c', text], { stdio: ['ignore', 'ignore', 'inherit'], env })
  : spawn('script', ['-qfec', text, '/dev/null'], { stdio: ['pipe', 'ignore', 'inherit'], env })

const self = table.entry(process.pid)
const ownFiles = new Set(self === undefined ? [] : details.openFiles([self]).get(self.pid))
let best: readonly ProcessEntry[] = []
const deadline = Date.now() + Number(values.seconds) * 1000
while (Date.now() < deadline) {
  await sleep(100)
  const now = await ours()
  if (now.length > 0 && weight(now) >= weight(best)) {
    best = now
    // What it holds open is read at once: it may be gone after the next look.
    writeFixture(await describe(best))
  }
}
for (const { pid } of (await ours()).toReversed()) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Ended by itself.
  }
}
started.kill('SIGKILL')
console.log(
  `${name}: ${best.length} processes, ${best.filter(alone).length} in sessions of their own without a terminal`,
)

function alone({ pid, sessionId, ttyNumber }: ProcessEntry): boolean {
  return pid === sessionId && ttyNumber === 0
}

function weight(processes: readonly ProcessEntry[]): number {
  return processes.filter(alone).length * 1000 + processes.length
}

/** What descends from the command, and what bears its mark though it has been handed to another parent. */
async function ours(): Promise<readonly ProcessEntry[]> {
  const processes = (await table.scan({})).filter(({ pid }) => pid !== process.pid)
  const pids = new Set([started.pid ?? -1])
  let size = 0
  while (size < pids.size) {
    size = pids.size
    for (const { pid, parentPid } of processes) if (pids.has(parentPid)) pids.add(pid)
  }
  return processes.filter(({ pid }) => pids.has(pid) || environment(pid).includes(`${MARK}=${mark}\0`))
}

function environment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}

async function describe(processes: readonly ProcessEntry[]) {
  const sockets = details.sockets(processes)
  const parent = table.entry(process.pid)
  const all = parent === undefined ? processes : [parent, ...processes]
  return await Promise.all(
    all.map(async (entry) => ({
      ...entry,
      uid: 1000,
      argv: entry === parent ? ['bash'] : entry.argv,
      executable: entry === parent ? '/usr/bin/bash' : entry.executable,
      environmentNames:
        entry === parent
          ? Object.keys(env).filter((each) => each !== MARK)
          : (await table.environmentNames(entry.pid))?.filter((each) => each !== MARK),
      streams: details.streams(entry),
      sockets: sockets.get(entry.pid),
      // What every process here was given by ours is none of theirs.
      openFiles: details
        .openFiles([entry])
        .get(entry.pid)
        ?.filter((path) => !ownFiles.has(path)),
    })),
  )
}

function writeFixture(processes: readonly unknown[]): void {
  const body = {
    note: values.note ?? '',
    command: text,
    terminal: !values['no-terminal'],
    processes,
  }
  mkdirSync(FOLDER, { recursive: true })
  const renamed = JSON.stringify(body, undefined, 1)
    .replaceAll(resolve(import.meta.dirname, '..'), '/srv/surety')
    .replaceAll(process.env.CAPTURE_TOOLS ?? '\0', '/opt/tools')
    .replaceAll(process.env.CAPTURE_PROJECT ?? '\0', '/home/alice/code')
    .replaceAll(home, '/home/alice')
  writeFileSync(join(FOLDER, `${name}.json`), `${renamed}\n`)
}
