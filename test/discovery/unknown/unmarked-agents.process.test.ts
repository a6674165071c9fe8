import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { release } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../../src/base/clock.ts'
import { scanOnChange } from '../../../src/daemon/collection/scan-on-change.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../../src/discovery/discovery.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { trustedFiles } from '../../../src/system/files/foreign/linux.ts'
import { loadNativeAddon } from '../../../src/system/native/native-addon.ts'
import { linuxProcessDetails } from '../../../src/system/processes/linux/process-details.ts'
import { linuxProcessEvents } from '../../../src/system/processes/linux/process-events.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { waitFor } from '../../support/wait-for.ts'

/** Programs that mark nothing, told nothing by their variables, watched by events as the daemon watches. On the real kernel. */
const FOLDER = join(import.meta.dirname, '../../fixtures/home-made')
const COMMANDS = [
  'ls -la',
  'cat notes',
  'cd / && head -1 /etc/passwd',
  'grep -c TODO *',
  'sed -n 1p x',
  'id',
  'wc -l *',
]
const THINKS_MS = 350
const CANARY = 'sk-canary-0816'

/** A model, and whatever else these programs ask: it thinks, then says the next command, for as long as it is asked. */
async function model() {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request.setEncoding('utf8')) body += String(part)
    await delay(THINKS_MS)
    const { messages = [] } = JSON.parse(body) as { messages?: readonly unknown[] }
    response.end(JSON.stringify({ run: COMMANDS[messages.length % COMMANDS.length] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('it listens on a port')
  return {
    port: String(address.port),
    [Symbol.dispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Everything that discovery ever told of unknown agents, by pid. */
async function watch() {
  const addon = loadNativeAddon()
  const discovery = createDiscovery(
    {
      processes: linuxProcesses({ addon }),
      details: linuxProcessDetails(),
      homes: { readHome: async () => ({ sightings: [], sources: [] }) },
      systemFiles: trustedFiles(),
      users: { list: async () => [] },
      clock: systemClock,
      events: linuxProcessEvents({ addon }, { release: release() }),
    },
    { catalogue: builtInCatalogue(), userId: '0' },
  )
  const told = new Map<number, AgentSighting>()
  const stop = new AbortController()
  const look = async (options: { signal: AbortSignal; quick: boolean }) => {
    const { sightings } = await discovery.processes({ ...options, byEvents: true })
    for (const each of sightings)
      if (each.kind === 'agent' && each.process !== undefined) told.set(each.process.pid, each)
  }
  const looking = scanOnChange({ clock: systemClock, watch: (take) => discovery.watch(take), scan: look }, stop)
  await discovery.processes({ signal: stop.signal })
  return {
    told,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await looking.catch(() => undefined)
    },
  }
}

function start(file: string, port: string): ChildProcess {
  const interpreter = { py: '/usr/bin/python3', sh: '/bin/sh', mjs: process.execPath }[file.split('.')[1] ?? '']
  return spawn(interpreter ?? '', [join(FOLDER, file), port, CANARY], {
    stdio: 'ignore',
    cwd: '/',
    detached: true,
    env: { PATH: process.env.PATH, HOME: '/home/alice' },
  })
}

function lacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root is told of processes by the kernel'
  return spawnSync('/usr/bin/python3', ['--version']).status === 0 ? undefined : '/usr/bin/python3 is missing'
}

const missing = lacks()
if (missing !== undefined) process.stderr.write(`skipped: agents that mark nothing: ${missing}\n`)
const here = missing === undefined ? test : test.skip

here('reports what asks, runs a command and asks again; never what only runs or asks', async () => {
  await using watching = await watch()
  using asked = await model()
  const agents = ['agent.py', 'agent.mjs'].map((file) => start(file, asked.port))
  const others = ['build.py', 'playbook.py', 'notebook.py', 'dev-server.mjs', 'health.sh'].map(
    (file) => [file, start(file, asked.port)] as const,
  )
  try {
    const ended = others.map(async ([, other]) => other.exitCode ?? (await once(other, 'exit'))[0])
    await waitFor('both agents', () => agents.every(({ pid = 0 }) => watching.told.has(pid)), {
      show: () => [...watching.told.values()],
    })
    // They have done all that they do, and without a fault.
    expect(await Promise.all(ended)).toEqual(others.map(() => 0))
    for (const { pid = 0 } of agents) {
      const found = watching.told.get(pid)
      // Where the project lies is told too, when that is a folder for downloads or temporary files; it weighs nothing.
      const weighed = found?.signals?.filter(({ weight }) => weight > 0)
      expect(weighed?.map(({ name, weight }) => `${name} ${weight}`)).toEqual([
        'tool-children 30',
        'paced-children 25',
        'asks-between 15',
      ])
      expect(weighed?.at(-1)?.detail).toBe(
        `speaks to port ${asked.port} of this machine before one tool and before the next`,
      )
      expect(JSON.stringify(found)).not.toContain(CANARY)
    }
    expect(others.filter(([, { pid = 0 }]) => watching.told.has(pid)).map(([file]) => file)).toEqual([])
  } finally {
    for (const { pid } of [...agents, ...others.map(([, other]) => other)]) end(pid)
  }
})

/** With its workers; its tools are short. */
function end(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Has ended.
  }
}
