import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { daemonClient } from '../../src/cli/command/daemon-client.ts'
import type { AgentSighting } from '../../src/protocol/sighting.ts'
import { daemonProcess } from '../support/daemon/daemon-process.ts'
import { runDirectory } from '../support/directory/directory-process.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { watchWithDirectory } from './agents/laboratory/watching-directory.ts'

/**
 * Programs that a hostile user names and starts, from the kernel to the terminals of both sides: names that would move the
 * cursor or begin a line, 128 KB in one argument, thousands of processes that are over at once.
 */
const CLI = resolve(import.meta.dirname, '../../src/main-cli.ts')
/** One file name. */
const STRANGE = 'ev\nil\x1b[2J\x1b]0;owned\x07\u202egnp'
const CANARY = 'sk-canary-0817'
const LONG = CANARY.padEnd(131_071, 'x')
const CROWD = 5_000
/** Far above what it takes (see bench/), far below what 5,000 of anything would be kept in. */
const MAX_RSS_KB = 400_000
/** Five thousand processes are read about in turn. */
const WITHIN_MS = 240_000

/** Starts a tool as agents do, says so, and for each line that it reads a crowd of processes, some in sessions of their own. */
const SCRIPT = `
AI_AGENT=robo /usr/bin/setsid "$1" 1000 &
echo "$!"
while read -r line; do
  i=0
  while [ "$i" -lt ${CROWD / 100} ]; do
    j=0
    while [ "$j" -lt 50 ]; do /usr/bin/true "$line" & /usr/bin/setsid /usr/bin/true & j=$((j+1)); done
    i=$((i+1))
    sleep 0.02
  done
  echo over
done
`

function lacks(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root is told of processes by the kernel'
  return ['/usr/bin/dash', '/usr/bin/setsid', '/usr/bin/sleep'].find((path) => !existsSync(path))
}

const missing = lacks()
if (missing !== undefined) process.stderr.write(`skipped: hostile processes: ${missing}\n`)
const here = missing === undefined ? test : test.skip

/** A program of this path, which is a shell, running the script with a tool of a strange name. */
async function start(path: string, tool: string) {
  mkdirSync(resolve(path, '..'), { recursive: true })
  copyFileSync('/usr/bin/dash', path)
  chmodSync(path, 0o755)
  const child = spawn(path, ['-c', SCRIPT, LONG, tool], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    cwd: resolve(path, '..'),
    env: { PATH: '/usr/bin:/bin', [`STRANGE${STRANGE}`]: CANARY },
  })
  const lines = createInterface({ input: child.stdout })
  const [toolPid] = await once(lines, 'line')
  return {
    pid: child.pid ?? 0,
    async crowd() {
      const over = once(lines, 'line')
      child.stdin.write(`${CANARY}\n`)
      await over
    },
    [Symbol.dispose]() {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
      process.kill(Number(toolPid), 'SIGKILL')
    },
  }
}

async function said(args: readonly string[]): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const parts = await child.stdout?.setEncoding('utf8').toArray()
  return (parts ?? []).join('')
}

function peakKb(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

here(
  'are only text for every reader, cost little, and hide nothing',
  async () => {
    using folder = temporaryFolder()
    const at = (...path: readonly string[]) => join(folder.path, ...path)
    chmodSync(folder.path, 0o755)
    await using directory = await watchWithDirectory(at('directory'))
    mkdirSync(at('daemon'), { mode: 0o700 })
    writeFileSync(at('daemon/enrolment'), await directory.enrolment(), { mode: 0o600 })
    await using daemon = daemonProcess({ folder: at('daemon') })
    await daemon.listening()
    const socket = at('daemon/run/control.sock')
    const client = daemonClient({ socket })
    const tool = at(STRANGE, 'tool')
    mkdirSync(at(STRANGE))
    copyFileSync('/usr/bin/sleep', tool)
    chmodSync(tool, 0o755)
    using known = await start(at(STRANGE, 'node_modules/@anthropic-ai/claude-code/bin/claude.exe'), tool)
    using unknown = await start(at(STRANGE, `robo${STRANGE}`), tool)
    const agentsNow = async () => {
      const { sightings } = await client.status()
      const agents = sightings.filter((each): each is AgentSighting => each.kind === 'agent')
      return [known, unknown].map(({ pid }) => agents.find(({ process: found }) => found?.pid === pid))
    }
    const look = async () => {
      const [one, other] = await agentsNow()
      const parts = [one, other].map((agent) => agent?.parts?.some(({ executable }) => executable === tool))
      return one !== undefined && other !== undefined && parts.every(Boolean) && ([one, other] as const)
    }
    const bothTold = () =>
      waitFor('both agents, with their tools', look, { everyMs: 100, withinMs: WITHIN_MS, show: agentsNow })
    await bothTold()
    await Promise.all([known.crowd(), unknown.crowd()])
    const [one, other] = await bothTold()
    expect([one.catalogueId, other.agentKind]).toEqual(['claude-code', 'unknown'])
    expect(peakKb(daemon.pid)).toBeLessThan(MAX_RSS_KB)

    const seen = await directory.until('state=running', (agents) =>
      [one, other].every(({ id }) => agents.some(({ sighting }) => sighting.id === id)),
    )
    const device = seen[0]?.device ?? ''
    const data = ['--data', at('directory')]
    const ofDirectory = async (...words: readonly string[]) => (await runDirectory([...words, ...data])).stdout
    const texts = {
      agents: await said(['agents', '--socket', socket]),
      known: await said(['agents', 'show', one.id, '--socket', socket]),
      unknown: await said(['agents', 'show', other.id, '--socket', socket]),
      directory: await ofDirectory('agents', 'list', '-o', 'table'),
      knownThere: await ofDirectory('agents', 'show', device, one.id),
      unknownThere: await ofDirectory('agents', 'show', device, other.id),
    }
    const json = [await said(['agents', '--json', '--socket', socket]), await ofDirectory('agents', 'list', '--json')]
    for (const [name, text] of Object.entries(texts)) {
      expect([name, text.includes('gnp'), text.includes('owned')]).toEqual([name, true, true])
      const lines = text.split('\n')
      // Not even the strange name begins a line of its own.
      const wrong = lines.filter((line) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line) || line.startsWith('il'))
      expect([name, wrong]).toEqual([name, []])
    }
    for (const text of json) expect(JSON.stringify(JSON.parse(text))).toContain(one.id)
    expect([...Object.values(texts), ...json, daemon.stderr()].filter((text) => text.includes(CANARY))).toEqual([])
  },
  scaledMs(4 * WITHIN_MS),
)
