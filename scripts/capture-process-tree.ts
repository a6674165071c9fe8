/**
 * Captures the processes of a command as a fixture in `test/fixtures/process-trees`:
 *
 *     node scripts/run.cjs scripts/capture-process-tree.ts NAME [--seconds N] [--no-terminal] [--note TEXT] -- COMMAND…
 *
 * The command runs in a terminal, with keys for models in its environment. The fixture is the scan with the most processes in
 * sessions without a terminal, as tools of agents run. It has names of variables and no values, and folders of this machine are
 * renamed (CAPTURE_TOOLS and CAPTURE_PROJECT name two more). Ends the processes afterwards.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { linuxProcessDetails } from '../src/system/processes/linux/process-details.ts'
import { linuxProcesses } from '../src/system/processes/linux/process-table.ts'
import type { ProcessEntry } from '../src/system/processes/process-table.ts'
import { jsonLines } from './json-lines.ts'

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
if (!/^[a-z0-9-]+$/.test(name) || command.length === 0) throw new TypeError('expected NAME and a command')
const text = command.join(' ')
const mark = `${process.pid}-${Date.now()}`

/** The environment of a person or a CI job that has exported a key and an address for a model. */
const { PATH = '', HOME: home = '/root' } = process.env
const env = {
  PATH,
  HOME: home,
  USER: 'alice',
  SHELL: '/bin/bash',
  TERM: 'xterm-256color',
  LANG: 'C.UTF-8',
  OPENAI_API_KEY: 'none',
  ANTHROPIC_API_KEY: 'none',
  OPENAI_BASE_URL: 'http://127.0.0.1:18080/v1',
  [MARK]: mark,
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
  const now = await captured()
  if (now.length > 0 && weight(now) >= weight(best)) {
    best = now
    // Written at once, because the open files may be gone at the next scan.
    writeFixture(await describe(best))
  }
}
for (const { pid } of (await captured()).toReversed()) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
started.kill('SIGKILL')
console.log(
  `${name}: ${best.length} processes, ${best.filter(isDetached).length} in their own sessions without a terminal`,
)

function isDetached({ pid, sessionId, ttyNumber }: ProcessEntry): boolean {
  return pid === sessionId && ttyNumber === 0
}

function weight(processes: readonly ProcessEntry[]): number {
  return processes.filter(isDetached).length * 1000 + processes.length
}

/** Descendants of the command, and processes with its mark that have another parent now. */
async function captured(): Promise<readonly ProcessEntry[]> {
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
      // Without files that were inherited from this process.
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
  const renamed = JSON.stringify(body)
    .replaceAll(resolve(import.meta.dirname, '..'), '/srv/surety')
    .replaceAll(process.env.CAPTURE_TOOLS ?? '\0', '/opt/tools')
    .replaceAll(process.env.CAPTURE_PROJECT ?? '\0', '/home/alice/code')
    .replaceAll(home, '/home/alice')
  writeFileSync(join(FOLDER, `${name}.json`), jsonLines(JSON.parse(renamed)))
}
