import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { daemonClient } from '../../src/cli/command/daemon-client.ts'
import { loadDaemonConfig } from '../../src/config/daemon.ts'
import { startDaemon } from '../../src/daemon/daemon.ts'
import type { Phase } from '../../src/daemon/phase.ts'
import { writePropertyList } from '../../src/mdm/property-list.ts'
import { READER_FLAGS } from '../../src/reader/reader-flags.ts'
import { startFileCanary } from '../../src/system/enforcement/file-canary.ts'
import { darwinPlatform } from '../../src/system/platform/darwin.ts'
import { fakeAgent } from '../faults/world/fake-agent.ts'
import { runningDirectory } from '../support/directory/running-directory.ts'
import { fixtureHome } from '../support/homes/fixture-home.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { darwinCanary, HAS_COMPILER } from '../support/platforms/darwin/canary.ts'
import { mirroredDarwinAddon } from '../support/platforms/darwin/mirrored-addon.ts'
import { recordedMac } from '../support/platforms/darwin/recorded-mac.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/**
 * The whole daemon on the platform of macOS: its programs and files are recorded, its kernel is Linux in the structures of macOS. The
 * directory, the keys, the spool, the socket, the reader and the processes are real.
 */

const NODE_READER = join(import.meta.dirname, '../../src/main-reader.ts')
const ADA = { id: 'adm_ada', name: 'ada' }
/** An ordinary person where we are root, else ourselves. */
const IDS =
  process.getuid?.() === 0 ? { uid: 501, gid: 20 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

test('a Mac enrols, sends evidence, answers its users, and holds an agent', async () => {
  await using directory = await runningDirectory()
  using folder = temporaryFolder()
  using home = fixtureHome()
  home.write('.claude/settings.json', { permissions: { defaultMode: 'bypassPermissions' } })
  home.write('.claude.json', { mcpServers: { files: { command: 'npx', args: ['-y', '@example/files'] } } })
  home.giveTo(IDS.uid, IDS.gid)
  using agent = fakeAgent(folder.path)
  const enrolmentFile = join(folder.path, 'enrolment')
  writeFileSync(enrolmentFile, await directory.token({ minimumTier: 'software' }), { mode: 0o600 })
  const socket = join(folder.path, 'run', 'control.sock')
  const flags = { stateFolder: join(folder.path, 'state'), socket, enrolmentFile, keys: 'software' }
  // As a profile leaves it.
  const preferences = join(folder.path, 'org.surety.plist')
  const given = { 'support.owner': 'IT', keys: 'software' }
  writeFileSync(preferences, writePropertyList(given), { mode: 0o644 })
  const policyOwners = [String(process.getuid?.() ?? 0)]
  const { config, entries } = loadDaemonConfig({ flags, policyOwners, managed: { preferences } })
  const { commands, files } = recordedMac({ people: [{ name: 'ann', ...IDS, home: home.path }] })
  const addon = mirroredDarwinAddon()
  const program = HAS_COMPILER ? darwinCanary(folder.path) : ''
  const canary = { startCanary: (_: string, options: { signal: AbortSignal }) => startFileCanary(program, options) }
  const phases: Phase[] = []
  const stop = new AbortController()
  // A failure below ends the daemon too.
  using _ = { [Symbol.dispose]: () => stop.abort() }
  const running = startDaemon(
    {
      clock: systemClock,
      log: silentLog,
      onPhase: (phase) => phases.push(phase),
      recorded: {
        commands,
        openPlatform: async (parts) => ({
          ...darwinPlatform(parts, { addon, commands }),
          trustedFiles: files,
          ...canary,
        }),
      },
    },
    { config, entries, readerCommand: [process.execPath, ...READER_FLAGS, NODE_READER], version: '0.0.0' },
    { signal: stop.signal },
  )
  let failure: unknown
  running.catch((error: unknown) => {
    failure = error
  })
  const until = async (what: string, holds: () => boolean | Promise<boolean>) =>
    await waitFor(
      what,
      async () => {
        if (failure !== undefined) throw failure
        return await holds()
      },
      { everyMs: 100, show: async () => phases.map(({ phase }) => phase).join() },
    )
  const client = daemonClient({ socket, timeoutMs: scaledMs(30_000) })
  const reached = (phase: Phase['phase']) => () => phases.some((one) => one.phase === phase)
  await until('the first evidence', reached('acknowledged'))
  expect(addon.announced).toEqual(['surety.suretyd.ready'])

  const status = await waitFor('findings', () => client.status(), { until: ({ findings }) => findings.length > 20 })
  const states = Object.fromEntries(status.findings.map(({ check, state }) => [check, state]))
  expect(states).toMatchObject({
    'disk.root-encrypted': 'pass',
    'boot.secure-boot': 'pass',
    'boot.system-integrity': 'pass',
    'os.supported': 'pass',
    'os.automatic-updates': 'fail',
    'network.firewall': 'pass',
    'access.remote-login': 'fail',
    'management.mdm': 'fail',
    'tpm.present': 'not-applicable',
  })
  expect((await client.config()).entries).toEqual(
    expect.arrayContaining([
      { key: 'support.owner', value: 'IT', origin: 'managed', place: preferences },
      {
        key: 'keys',
        value: 'software',
        origin: 'managed',
        place: preferences,
        overrides: [{ origin: 'flag', place: '--keys' }],
      },
    ]),
  )
  expect(status.support).toEqual({ owner: 'IT' })
  const [row] = directory.rows('SELECT id FROM devices')
  expect(await directory.directory.store.devices.get(String(row?.id))).toMatchObject({ label: { platform: 'darwin' } })

  const agents = async () => (await client.sightings({ kinds: ['agent', 'mcp-server'] })).items
  await until('the agent, and the settings of its person', async () => {
    const found = await agents()
    const isRunning = found.some((one) => one.kind === 'agent' && one.process?.pid === agent.pid)
    return isRunning && found.some((one) => one.kind === 'mcp-server' && one.user?.name === 'ann')
  })
  const found = (await agents()).find((one) => one.kind === 'agent' && one.process?.pid === agent.pid)
  const { receipt } = await client.freeze({ agent: found?.id ?? '' })
  expect(receipt).toMatchObject({ method: 'suspend', agentCount: 1, missed: [] })
  await until('that it is stopped', () => stateOf(agent.pid) === 'T')
  await client.release({ agent: found?.id ?? '' })
  await until('that it goes on', () => stateOf(agent.pid) === 'S')

  if (HAS_COMPILER) {
    const { stops } = directory.directory.services
    const { stop: drill } = await stops.create({ kind: 'drill', selector: { all: true }, reason: 'test' }, ADA)
    await until('that a drill froze an agent', async () => (await stops.get(drill?.id ?? '')).progress.frozen === 1)
  }

  stop.abort()
  await running
  expect(addon.announced).toEqual(['surety.suretyd.ready', 'surety.suretyd.stopping'])
})

/** T is stopped; see proc_pid_stat(5). */
function stateOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat[stat.lastIndexOf(')') + 2]
}
