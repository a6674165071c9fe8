import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/log.ts'
import type { Enforcement } from '../../../../src/daemon/enforcement/enforcement.ts'
import { openEnforcement } from '../../../../src/daemon/enforcement/open-enforcement.ts'
import { createHealth } from '../../../../src/daemon/health/health.ts'
import type { HoldSelection } from '../../../../src/discovery/matching/hold-rules.ts'
import { ScannedAgents } from '../../../../src/discovery/running-agents-port.ts'
import type { AgentSighting } from '../../../../src/protocol/sighting.ts'
import type { StopEvent } from '../../../../src/protocol/stop.ts'
import { type ExecGate, execGate } from '../../../../src/system/enforcement/exec-gate.ts'
import type { HoldRules } from '../../../../src/system/enforcement/exec-gate-messages.ts'
import { quarantineOf } from '../../../../src/system/freezer/linux.ts'
import { linuxProcesses } from '../../../../src/system/processes/linux/process-table.ts'
import { TestCgroup } from '../../../hostile/stops/cgroup.ts'
import { HostilePrograms } from '../../../hostile/stops/hostile-programs.ts'
import { stopOf } from '../../../support/daemon/test-enforcement.ts'
import { killAll } from '../../../support/processes/holding-gate.ts'
import { ownMount } from '../../../support/processes/own-mount.ts'
import { CGROUP2, freezerName, testFreezer } from '../../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { MALLORY } from '../../../support/users/other-user.ts'
import { waitFor } from '../../../support/wait-for.ts'

const PROGRAM = join(import.meta.dirname, '../../../../native/build/surety-exec-gate')
const asRoot = CGROUP2 === undefined || !existsSync(PROGRAM) ? describe.skip : describe
const table = linuxProcesses()
const AGENT = 'a'.repeat(32)

let programs: HostilePrograms
let mount: string
let mounted: Disposable | undefined
beforeAll(() => {
  programs = new HostilePrograms()
  mount = join(programs.folder, 'mount')
  if (CGROUP2 !== undefined) mounted = ownMount(mount)
})
afterAll(() => {
  mounted?.[Symbol.dispose]()
  programs[Symbol.dispose]()
})

interface Device extends AsyncDisposable {
  readonly enforcement: Enforcement
  readonly events: readonly StopEvent[]
  readonly selections: readonly (readonly HoldSelection[])[]
  readonly gate: ExecGate
  readonly warnings: () => readonly string[]
  /** As the death of the daemon: nothing is let go. */
  die(): Promise<void>
}

/** A daemon's enforcement. Its scans take what runs `agent` for an agent; the gate holds also what is called `agent-like`. */
async function device(folder: string, name: string, agent: string): Promise<Device> {
  const agents = new ScannedAgents({ processes: table, memory: { live: () => [] } })
  const events: StopEvent[] = []
  const selections: (readonly HoldSelection[])[] = []
  const freezer = testFreezer({ name })
  const health = createHealth({ clock: systemClock })
  let gate: ExecGate | undefined
  const opened = await openEnforcement(
    {
      clock: systemClock,
      log: silentLog,
      health,
      agents,
      processes: table,
      boot: { uptimeMs: () => performance.now() },
      directoryTime: () => Date.now(),
      report: (event) => void events.push(event),
      openFreezer: () => freezer,
      async scan() {
        const found = (await table.scan({})).filter(({ executable }) => executable === agent)
        agents.update({ agents: found.map(sightingOf), members: new Map(), records: [] })
      },
      exec: {
        openGate(_, callbacks) {
          const cgroup = join(CGROUP2 ?? '', quarantineOf(name), 'starting')
          const init = { program: PROGRAM, root: CGROUP2 ?? '', cgroup, mounts: [mount], ...callbacks }
          gate = execGate({ clock: systemClock }, init)
          return gate
        },
        rulesFor(wanted): HoldRules {
          selections.push(wanted)
          return {
            interpreters: [],
            rules: wanted.map(({ uids }) => ({ uids, names: ['agent', 'agent-like'], parts: [] })),
          }
        },
        uidsOf: (who) => ('name' in who && who.name === 'mallory' ? [MALLORY] : []),
      },
    },
    { stateFolder: folder, bootId: 'boot' },
  )
  if (opened === undefined || gate === undefined) throw new TypeError('there is no freezer or no gate')
  const { enforcement, close } = opened
  const ended = new AbortController()
  const running = enforcement.run({ signal: ended.signal })
  const end = async () => {
    ended.abort()
    await running
  }
  return {
    enforcement,
    events,
    selections,
    gate,
    warnings: () => health.warnings().map(({ code }) => code),
    async die() {
      await end()
      freezer.close()
    },
    async [Symbol.asyncDispose]() {
      await enforcement.release(enforcement.stops.map(({ id }) => id))
      await end()
      await close()
    },
  }
}

function sightingOf({
  pid,
  startTicks,
  executable = '',
}: {
  pid: number
  startTicks: number
  executable?: string | undefined
}): AgentSighting {
  return {
    kind: 'agent',
    id: AGENT,
    name: 'Tester',
    catalogueId: 'tester',
    user: { id: '0', name: 'root' },
    evidence: [],
    state: 'running',
    agentKind: 'cli-agent',
    process: { pid, startTicks, bootId: 'boot', parentPid: 1, executable },
  }
}

/** Not as a child of ours, which is never held. */
function start(program: string): { living(): { readonly count: bigint }; pid(): number; end(): void } {
  const { path, living } = programs.shared()
  const { stdout } = spawnSync(
    '/bin/sh',
    ['-c', 'exec 3>&1; ("$0" "$1" > /dev/null 2>&1 < /dev/null 3>&- & echo $! >&3)', program, path],
    {
      encoding: 'utf8',
    },
  )
  const pid = Number(stdout.trim())
  return { living, pid: () => pid, end: () => void process.kill(pid, 'SIGKILL') }
}

asRoot('while a stop is in force', () => {
  test('an agent that starts waits before its first instruction until its release', async () => {
    using folder = temporaryFolder()
    const agent = programs.copy('counter', join(mount, 'one/agent'))
    await using stops = await device(folder.path, freezerName(), agent)
    const stop = stopOf({ selector: { select: 'match', products: ['tester', 'other'], executables: [agent] } })
    await stops.enforcement.stop(stop)
    expect(stops.selections).toEqual([[{ products: ['tester', 'other'] }]])
    const started = start(agent)
    await waitFor('the stop of it', () => stops.events.length > 0)
    expect(stops.events).toMatchObject([{ kind: 'frozen', stop: stop.id, product: 'tester', processes: 1 }])
    expect(started.living().count).toBe(0n)
    expect(stops.gate.held()).toEqual([])
    expect((await stops.enforcement.release([stop.id])).receipt.agentCount).toBe(1)
    await waitFor('its first steps', () => started.living().count > 10n)
    started.end()
  })

  test('an agent of a product that does not match the rest runs', async () => {
    using folder = temporaryFolder()
    const agent = programs.copy('counter', join(mount, 'rest/agent'))
    await using stops = await device(folder.path, freezerName(), agent)
    await stops.enforcement.stop(stopOf({ selector: { select: 'match', executables: ['/opt/another'] } }))
    expect(stops.selections).toEqual([[{}]])
    const started = start(agent)
    await waitFor('its first steps', () => started.living().count > 10n)
    expect([stops.events, stops.enforcement.held]).toEqual([[], []])
    started.end()
  })

  test('holds nothing of a user whom no stop selects, also while no daemon judges', async () => {
    using folder = temporaryFolder()
    const agent = programs.copy('counter', join(mount, 'users/agent'))
    const stops = await device(folder.path, freezerName(), agent)
    await stops.enforcement.stop(stopOf({ selector: { select: 'user', user: 'mallory' } }))
    expect(stops.selections).toEqual([[{ uids: [MALLORY] }]])
    await stops.die()
    const own = start(agent)
    await waitFor('its steps', () => own.living().count > 10n)
    expect(stops.gate.held()).toEqual([])
    own.end()
    await stops.gate[Symbol.asyncDispose]()
  })

  test('what only looks like an agent runs', async () => {
    using folder = temporaryFolder()
    const agent = join(mount, 'two/agent')
    const other = programs.copy('counter', join(mount, 'two/agent-like'))
    await using stops = await device(folder.path, freezerName(), agent)
    await stops.enforcement.stop(stopOf())
    const started = start(other)
    await waitFor('its steps', () => started.living().count > 10n)
    expect([stops.events, stops.gate.held()]).toEqual([[], []])
    started.end()
  })

  test('what is held when the daemon dies is judged by the next one', async () => {
    using folder = temporaryFolder()
    const name = freezerName()
    const agent = programs.copy('counter', join(mount, 'three/agent'))
    const other = programs.copy('counter', join(mount, 'three/agent-like'))
    const first = await device(folder.path, name, agent)
    const stop = stopOf()
    await first.enforcement.stop(stop)
    // Nobody judges any more, and the gate still holds.
    await first.die()
    const [wanted, unwanted] = [start(agent), start(other)]
    await waitFor('both to be held', () => first.gate.held().length === 2)
    await first.gate[Symbol.asyncDispose]()
    expect([wanted.living().count, unwanted.living().count]).toEqual([0n, 0n])
    await using second = await device(folder.path, name, agent)
    await waitFor('the other one to go on', () => unwanted.living().count > 10n)
    expect(second.enforcement.held).toMatchObject([{ agent: AGENT, processes: [{ pid: wanted.pid() }] }])
    expect(wanted.living().count).toBe(0n)
    await second.enforcement.release([stop.id])
    await waitFor('its first steps', () => wanted.living().count > 10n)
    for (const one of [wanted, unwanted]) one.end()
  })

  test('after the gate was killed, receipts report that not all was held, and a warning', async () => {
    using folder = temporaryFolder()
    const name = freezerName()
    const agent = programs.copy('counter', join(mount, 'killed/agent'))
    await using stops = await device(folder.path, name, agent)
    const stop = stopOf()
    const isWeak = async () => (await stops.enforcement.stop(stop)).receipt.weaknesses.includes('exec-not-held')
    await stops.enforcement.stop(stop)
    const started = start(agent)
    await waitFor('the stop of it', () => stops.enforcement.held.length > 0)
    expect([await isWeak(), stops.warnings()]).toEqual([false, []])
    const pids = new TestCgroup({ existing: join(CGROUP2 ?? '', quarantineOf(name), 'exec-gate') }).pids()
    killAll(pids)
    await waitFor('the warning', () => stops.warnings().length > 0)
    expect([await isWeak(), stops.warnings()]).toEqual([true, ['EXEC_NOT_HELD']])
    started.end()
  })

  test('a gate that cannot be had is a weakness in the receipt', async () => {
    using folder = temporaryFolder()
    const agents = new ScannedAgents({ processes: table, memory: { live: () => [] } })
    const agent = programs.copy('counter', join(mount, 'four/agent'))
    const started = start(agent)
    const opened = await openEnforcement(
      {
        clock: systemClock,
        log: silentLog,
        health: createHealth({ clock: systemClock }),
        agents,
        processes: table,
        boot: { uptimeMs: () => 0 },
        directoryTime: () => undefined,
        report: () => undefined,
        openFreezer: (name) => testFreezer({ name: `test-${name}` }),
        scan: async () => undefined,
        exec: {
          openGate: (_, callbacks) =>
            execGate({ clock: systemClock }, { program: '/bin/true', root: '/', cgroup: '/held', ...callbacks }),
          rulesFor: () => ({ interpreters: [], rules: [{ names: ['agent'], parts: [] }] }),
          uidsOf: () => [],
        },
      },
      { stateFolder: folder.path, bootId: 'boot' },
    )
    const entry = table.entry(started.pid())
    if (opened === undefined || entry === undefined) throw new TypeError('nothing to stop, or nothing to stop it with')
    agents.update({ agents: [sightingOf(entry)], members: new Map(), records: [] })
    const stop = stopOf()
    expect((await opened.enforcement.stop(stop)).receipt.weaknesses).toContain('exec-not-held')
    await opened.enforcement.release([stop.id])
    await opened.close()
    started.end()
  })
})
