import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { list } from '../../../src/admin/nouns/call.ts'
import { inbox } from '../../../src/protocol/nouns/agents/inbox.ts'
import { registrationReader } from '../../../src/protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../../src/protocol/nouns/agents/seen-agents.ts'
import { stopDevicePageReader } from '../../../src/protocol/nouns/agents/stops.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { CGROUP2 } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { installAgents } from '../agents/laboratory/agent-packages.ts'
import { laboratoryLacks } from '../agents/laboratory/laboratory.ts'
import { buildDaemon } from '../agents/laboratory/scene.ts'
import { laboratoryFor, prepareAgent, startAgent } from '../agents/laboratory/start-agents.ts'
import { watchWithDaemon } from '../agents/laboratory/watching-daemon.ts'
import { REAL_AGENTS } from '../agents/real-agents.ts'

/** Claude Code from npm, from its first start to its suspension: it runs tools that ask, and then tools that do not. */

const LENIENT = resolve(import.meta.dirname, '../../faults/world/lenient-directory.ts')
const COUNT = 'while :; do echo >> counter; sleep 0.02; done\n'
const COUNTER = 'project/counter'

const claude = REAL_AGENTS.find(({ name }) => name === 'claude')
if (claude === undefined) throw new Error('no claude')
const lacks = laboratoryLacks() ?? (CGROUP2 === undefined ? 'agents are frozen by cgroups of version 2' : undefined)
const installed = lacks === undefined ? await installAgents([claude]) : new Map()
const isHere = 'nodeModules' in (installed.get(claude.packageName) ?? {})
if (!isHere) process.stderr.write(`skipped: a real agent in the register: ${lacks ?? 'it could not be installed'}\n`)
const whenPossible = isHere ? test : test.skip

whenPossible(
  'a real agent is registered, acts without asking, is suspended and frozen',
  async () => {
    using folder = temporaryFolder()
    await using laboratory = await laboratoryFor([claude], installed, { command: 'sh count' })
    await prepareAgent(laboratory, claude)
    const user = laboratory.user(claude.name)
    laboratory.write(user, 'project/count', COUNT)
    const data = join(folder.path, 'directory')
    const env = { SURETY_DIRECTORY_REGISTER_ON_DEVIATION: 'suspend' }
    await using _ = await serveDirectory(data, [], LENIENT, env)
    const api = apiClient(profileOf(data))
    const run = async (...args: readonly string[]) => {
      const { exitCode, stdout, stderr } = await runDirectory([...args, '--data', data])
      if (exitCode !== 0) throw new Error(`${args.join(' ')}: ${exitCode} ${stderr}`)
      return stdout
    }
    const until = <T>(what: string, ask: () => Promise<T>, holds: (seen: T) => boolean) =>
      waitFor(what, ask, { until: holds, everyMs: 100, show: (seen) => JSON.stringify(seen).slice(0, 4_000) })
    const token = { owner: 'ada@example.org', minimumTier: 'software' }
    const { enrolment } = await api.ask('POST', '/tokens', createdTokenReader, token)
    const device = join(folder.path, 'device')
    mkdirSync(device, { mode: 0o700 })
    await using daemon = await watchWithDaemon(laboratory, {
      folder: device,
      main: buildDaemon(join(folder.path, 'program')),
      enrolment,
    })
    await daemon.until(
      ({ device: enrolled }) => enrolled,
      ({ sources }) => JSON.stringify(sources),
    )

    const ofUser = async () => {
      const { items } = await list(api, inbox, { product: 'claude-code', state: 'all' })
      return items.filter((one) => one.user?.id === `${user.uid}`)
    }
    // One command is allowed: before any other it asks.
    const asking = { ...claude, command: ['claude', '-p', 'run it', '--allowedTools', 'Bash(sh count)'] }
    expect((await ofUser()).filter(({ running }) => running > 0)).toEqual([])
    const startedAt = performance.now()
    const first = await startAgent(laboratory, asking)
    const [seen] = await until('the agent in the inbox', ofUser, ([one]) => (one?.running ?? 0) > 0)
    const afterMs = Math.round(performance.now() - startedAt)
    process.stderr.write(`it stood in the inbox ${afterMs} ms after its terminal was opened\n`)
    await first.tool()
    if (seen === undefined) throw new Error('unreachable')
    expect(await run('inbox', 'show', seen.id)).toContain('unregistered')

    await run('humans', 'add', 'bea')
    await run('accounts', 'confirm', seen.device, user.name, '--person', 'bea')
    await until('its human', ofUser, ([one]) => one?.proposedOwner?.name === 'bea')
    const purpose = ['--purpose', 'reviews pull requests', '--autonomy-ceiling', 'asks']
    expect(await run('inbox', 'register', seen.id, ...purpose)).toContain('active')
    const [known] = await until('it registered', ofUser, ([one]) => one?.state === 'registered')
    expect(known).toMatchObject({ deviations: [] })
    const id = known?.registration?.id ?? ''
    const registration = () => api.ask('GET', `/registrations/${id}`, registrationReader)
    expect(await registration()).toMatchObject({ state: 'active', ownerName: 'bea', criteria: { device: seen.device } })
    const before = laboratory.size(user, COUNTER)
    await until(
      'its tool to go on',
      async () => laboratory.size(user, COUNTER),
      (size) => size > before,
    )

    await laboratory.end(user)
    const second = await startAgent(laboratory, claude)
    const deviates = ({ deviations }: SeenAgentView) => deviations.includes('autonomy-above-ceiling')
    await until('the deviation', ofUser, ([one]) => one !== undefined && deviates(one))
    const suspended = await until('the suspension', registration, ({ state }) => state === 'suspended')
    expect(suspended.stateReason).toContain('autonomy-above-ceiling')
    const answers = async () => (await api.ask('GET', `/stops/${suspended.stop}/devices`, stopDevicePageReader)).items
    const [answer] = await until('the receipt', answers, ([one]) => one?.state === 'frozen')
    expect(answer).toMatchObject({ device: seen.device, receipt: { method: 'cgroup2' } })
    const stopped = laboratory.size(user, COUNTER)
    for (let times = 0; times < 5; times++) await laboratory.run(user, ['sh', '-c', 'sleep 0.4'])
    expect(laboratory.size(user, COUNTER)).toBe(stopped)
    expect(second.pids()).not.toEqual([])
    for (const kind of [
      'agent-unknown',
      'agent-registered',
      'agent-deviated',
      'registration-suspended',
      'stop-answered',
    ]) {
      expect(await run('events', 'list', '--kind', kind)).toContain(kind)
    }
    expect(await run('registrations', 'list', '--state', 'suspended', '--output', 'table')).toContain('bea')
  },
  scaledMs(600_000),
)
