import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../../../src/admin/connection/api-client.ts'
import { list } from '../../../src/admin/nouns/call.ts'
import { CHECKS } from '../../../src/checks/checks.ts'
import { createdStopReader, stopDevicePageReader, stopReader } from '../../../src/protocol/nouns/agents/stops.ts'
import { deviceReader } from '../../../src/protocol/nouns/devices/devices.ts'
import { devices } from '../../../src/protocol/nouns/devices/devices-noun.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { type ServingDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { freePorts } from '../../support/processes/free-port.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type SharedTpm, sharedTpm } from '../../support/tpm/shared-tpm.ts'
import { startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'
import { waitFor } from '../../support/wait-for.ts'
import { giveTpm } from '../../support/windows/tbs.ts'
import { openWindows, type Windows, windowsAbsence } from '../../support/windows/windows.ts'
import { msiexec } from '../installer/msiexec.ts'
import { packagingAbsence, wholePackage } from '../installer/windows-packages.ts'
import { bundlesForWindows } from './bundles.ts'
import { MANAGED, SOUND, UNSOUND } from './machine-states.ts'
import { type OfferedVersions, offerVersions } from './offer-versions.ts'
import { updatesByDirectory } from './updates-by-directory.ts'
import { fetchWindowsAgent, installWindowsAgent, startWindowsAgent, type WindowsAgent } from './windows-agent.ts'
import { buildBundle, type InstalledBundle, installBundle } from './windows-bundle.ts'

/**
 * The whole daemon as a service, from its package, enrolled with a directory on Linux by a TPM behind TPM Base Services. Each test goes on
 * where the one before ended. Wine stands in for Windows: exact access rights, other users, squatted pipes and recovery by Windows
 * are not proved. The TPM is swtpm behind a tbs.dll of ours.
 */

const absent = windowsAbsence() ?? packagingAbsence() ?? swtpmMissing()
const agentPackage = absent === undefined ? await fetchWindowsAgent() : { absent }
if ('absent' in agentPackage) process.stderr.write(`skipped: a real agent on Windows: ${agentPackage.absent}\n`)
const BY_REGISTRY = [
  ...['access.automatic-login', 'access.elevation', 'access.remote-login', 'os.application-origin'],
  'session.screen-lock',
]
/** Wine has neither. */
const UNKNOWN = ['disk.root-encrypted', 'protection.antivirus']
const onWine = absent === undefined ? test : test.skip
const withAgent = 'absent' in agentPackage ? test.skip : test
const folder = temporaryFolder()
const data = join(folder.path, 'directory')
let fixed: readonly string[] = []
let windows: Windows
let bundle: InstalledBundle
let directory: ServingDirectory
let api: ApiClient
let device = ''
let enrolment = ''
let otherName = ''
let older: string
let newer: string
let agent: WindowsAgent | undefined
let frozenBy = ''
let offered: OfferedVersions
const disposal = new AsyncDisposableStack()

/** swtpm, whose CA the directory trusts. */
async function startTpm(): Promise<SharedTpm> {
  const state = await mkdtempDisposable('/tmp/surety-win-')
  disposal.use(state)
  const tpm = disposal.use(await startSwtpm({ folder: join(state.path, 'tpm') }))
  const anchors = join(folder.path, 'anchors')
  mkdirSync(anchors)
  for (const [at, path] of tpm.caCertificates.entries()) cpSync(path, join(anchors, `${at}.pem`))
  return disposal.use(await sharedTpm({ folder: state.path, simulator: tpm.simulator }))
}

if (absent === undefined) {
  beforeAll(async () => {
    const { devices, api: apiPort } = await freePorts()
    const ports = ['--devices-port', String(devices), '--api-port', String(apiPort), '--console-port', '0']
    fixed = [...ports, '--names', '127.0.0.1,localhost', '--trust-anchors', join(folder.path, 'anchors')]
    const tpm = await startTpm()
    const built = join(folder.path, 'built')
    buildBundle(built)
    older = wholePackage(built, { version: '1.0.0', out: folder.path })
    newer = wholePackage(built, { version: '1.1.0', out: folder.path })
    otherName = `wss://localhost:${devices}`
    directory = await serveDirectory(data, fixed)
    api = apiClient(profileOf(data))
    windows = openWindows()
    bundle = installBundle(windows, built)
    await giveTpm(windows, tpm.port)
    await windows.writeRegistry({ ...UNSOUND, ...MANAGED })
    const server = { command: 'node', args: ['C:\\servers\\notes.mjs'], env: { NOTES_TOKEN: 'hush' } }
    const home = join(windows.driveC, 'users/root')
    writeFileSync(join(home, '.claude.json'), JSON.stringify({ mcpServers: { notes: { type: 'stdio', ...server } } }))
    if (!('absent' in agentPackage)) {
      installWindowsAgent(windows, agentPackage)
      agent = await startWindowsAgent(windows)
    }
    const request = { owner: 'ada@example.org', minimumTier: 'tpm-attested' }
    offered = await offerVersions(data, older, folder.path)
    enrolment = (await api.ask('POST', '/tokens', createdTokenReader, request)).enrolment
    // It is away at first.
    await directory[Symbol.asyncDispose]()
  })
}
afterAll(async () => {
  agent?.[Symbol.dispose]()
  windows?.[Symbol.dispose]()
  await disposal.disposeAsync()
  await directory?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

interface Sighting {
  readonly kind: string
  readonly state?: string
  readonly parts?: readonly { readonly role: string }[]
}

const logs = () => {
  const read = (name: string) => {
    try {
      return readFileSync(bundle.dataFile(`logs/${name}`), 'utf8').slice(-3_000)
    } catch {
      return `no ${name}`
    }
  }
  return `${read('service.log')}\n${read('suretyd.log')}`
}

async function serviceState(): Promise<string | undefined> {
  const { stdout } = await windows.runProgram('sc', ['query', 'suretyd'])
  return /STATE\s+:\s+\d+\s+(\w+)/.exec(stdout)?.[1]
}

const untilState = (wanted: string) =>
  waitFor(`the service ${wanted}`, serviceState, { until: (seen) => seen === wanted, everyMs: 250, show: logs })

/** By the log of the host. */
async function daemonPid(): Promise<number> {
  const log = readFileSync(bundle.dataFile('logs/service.log'), 'utf8')
  return Number([...log.matchAll(/suretyd (\d+) started/g)].at(-1)?.[1])
}

/** What `surety status` prints as JSON, by the pipe. */
async function statusByPipe() {
  const { stdout, stderr } = await bundle.run('surety', 'status', '--json')
  return stdout === '' ? { failed: stderr } : JSON.parse(stdout)
}

const known = () => api.ask('GET', `/devices/${device}`, deviceReader)
const untilKnown = (what: string, until: (seen: Awaited<ReturnType<typeof known>>) => boolean) =>
  waitFor(what, known, { until, everyMs: 250, show: () => logs() })

/** By Windows Installer. @returns its log. */
async function install(action: '/i' | '/x', path: string, ...properties: readonly string[]): Promise<string> {
  const [result] = await msiexec(windows, { action, path, properties })
  expect(result).toMatchObject({ status: 0 })
  return result?.log ?? ''
}

/** Does what makes the device attest anew, and waits for it. */
async function untilAttestedAfter(work: () => Promise<unknown>): Promise<void> {
  const before = await known()
  await work()
  const isLater = (seen: typeof before) => seen.attestation.attestedAt !== before.attestation.attestedAt
  expect((await untilKnown('a later attestation', isLater)).forked).toBe(false)
  expect((await list(api, devices)).items).toHaveLength(1)
}

describe(`the bundles for Windows${absent === undefined ? '' : ` (skipped: ${absent})`}`, () => {
  bundlesForWindows(onWine, { windows: () => windows, bundle: () => bundle, built: () => join(folder.path, 'built') })
})

describe(`the daemon on Windows${absent === undefined ? '' : ` (skipped: ${absent})`}`, () => {
  onWine('does not run with wrong settings, and needs no hand once they are right', async () => {
    bundle.write('suretyd.json', JSON.stringify({ keys: 'magic' }))
    rmSync(join(windows.driveC, 'Program Files/Surety'), { recursive: true })
    const log = await install('/i', older, `ENROLMENT=${enrolment}`)
    expect(log).not.toContain(enrolment)
    await waitFor('the refusal', () => /keys: expected .* \[CONFIG_INVALID\]/.test(logs()), { show: logs })
    expect(await serviceState()).toBe('START_PENDING')
    bundle.write('suretyd.json', JSON.stringify({ schedules: { processes: '* * * * * *', settings: '* * * * * *' } }))
    await untilState('RUNNING')
    expect(logs()).toContain('ended with 2')
  })

  onWine('stops while it cannot enrol', async () => {
    await waitFor('no directory', statusByPipe, {
      until: (seen) => seen.enrolment === 'not-enrolled',
      everyMs: 250,
      show: logs,
    })
    expect((await windows.runProgram('sc', ['stop', 'suretyd'])).status).toBe(0)
    await untilState('STOPPED')
    expect(logs()).toMatch(/ended with 0\n/)
  })

  onWine('enrols with its TPM', async () => {
    directory = await serveDirectory(data, fixed)
    expect((await windows.runProgram('sc', ['start', 'suretyd'])).status).toBe(0)
    await untilState('RUNNING')
    const page = await waitFor('the device', () => list(api, devices), {
      until: ({ items }) => items.length > 0,
      everyMs: 250,
      show: logs,
    })
    device = page.items[0]?.id ?? ''
    await waitFor('no string', () => !existsSync(bundle.dataFile('enrolment')), { show: logs })
    expect(page.items[0]).toMatchObject({ tier: 'tpm-attested', label: { platform: 'windows' } })
  })

  onWine('has each check answered', async () => {
    const { findings } = await untilKnown('all findings', (seen) => seen.findings.length === CHECKS.length)
    expect(findings.map(({ check }) => check).toSorted()).toEqual([...CHECKS].toSorted())
  })

  onWine('tells its user by the pipe', async () => {
    expect(await statusByPipe()).toMatchObject({
      schema: 'surety/status@1',
      device: { id: device },
      enrolment: 'enrolled',
    })
  })

  onWine('shows its user the state beside the clock', async () => {
    const { status, stdout } = await windows.runProgram('C:\\Program Files\\Surety\\surety-tray.exe', ['--print-menu'])
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^state: (ok|attention)\r?\ntitle: Surety/)])
  })

  onWine('says which settings a device management set', async () => {
    expect(await statusByPipe()).toMatchObject({ support: { owner: 'IT' } })
    const { stdout } = await bundle.run('surety', 'config', 'show', '--json')
    const place = 'HKLM\\SOFTWARE\\Policies\\Surety\\support.owner'
    expect(JSON.parse(stdout).entries).toContainEqual({ key: 'support.owner', value: 'IT', origin: 'managed', place })
  })

  onWine('sees changes of the registry at the next check, and takes no silence for a pass', async () => {
    const states = async (checks: readonly string[]) => {
      const { findings } = await known()
      return checks.map((name) => findings.find(({ check }) => check === name)?.state)
    }
    expect(await states(BY_REGISTRY)).toEqual(BY_REGISTRY.map(() => 'fail'))
    await windows.writeRegistry(SOUND)
    const { stdout } = await bundle.run('surety', 'check', '--wait')
    for (const check of BY_REGISTRY) expect(stdout).toContain(check)
    const all = (seen: readonly unknown[]) => seen.every((state) => state === 'pass')
    await waitFor('passes', () => states(BY_REGISTRY), { until: all, everyMs: 250, show: logs })
    expect(await states(UNKNOWN)).toEqual(UNKNOWN.map(() => 'unknown'))
  })

  onWine('shows an administrator its configuration, and collects when asked', async () => {
    const { stdout } = await bundle.run('surety', 'config', 'show', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'surety/config@1', source: 'daemon' })
    expect(await bundle.run('surety', 'refresh')).toMatchObject({ status: 0, stderr: '' })
  })

  onWine('reads the home of its user with fewer rights', async () => {
    const notes = async () => {
      const { sightings = [] } = await statusByPipe()
      return sightings.filter(({ kind }: Sighting) => kind === 'mcp-server')
    }
    const [found] = await waitFor('the server', notes, { until: ({ length }) => length > 0, everyMs: 500, show: logs })
    expect(found).toMatchObject({ name: 'notes', command: 'node', user: { name: 'root' } })
    expect(JSON.stringify(found)).not.toContain('hush')
  })

  withAgent('finds a real agent with the command that it runs', async () => {
    const show = () => `${logs()}\n${JSON.stringify(agent?.program.output())}`
    const running = async () => {
      const { sightings = [] } = await statusByPipe()
      const found = sightings.filter(({ kind, state }: Sighting) => kind === 'agent' && state === 'running')
      return found.length === 1 ? found[0] : undefined
    }
    const isWhole = (seen: Sighting | undefined) => seen?.parts?.some(({ role }) => role === 'tool') === true
    const seen = await waitFor('the agent with its tool', running, { until: isWhole, everyMs: 500, show })
    expect(seen).toMatchObject({
      catalogueId: 'qwen-code',
      version: 'version' in agentPackage ? agentPackage.version : '',
      user: { name: 'root' },
      autonomy: { level: 'autonomous' },
    })
  })

  withAgent('suspends the agent by an order, and confirms it in the receipt', async () => {
    const stop = { kind: 'freeze', selector: { product: 'qwen-code' }, reason: 'test' }
    const created = await api.ask('POST', '/stops', createdStopReader, stop)
    frozenBy = created.stop?.id ?? ''
    const atDevice = () => api.ask('GET', `/stops/${frozenBy}/devices`, stopDevicePageReader)
    const [frozen] = (
      await waitFor('the receipt', atDevice, {
        until: ({ items }) => items[0]?.receipt !== undefined,
        everyMs: 250,
        show: logs,
      })
    ).items
    expect(frozen).toMatchObject({ device, state: 'frozen', receipt: { method: 'suspend' } })
    expect((await bundle.run('surety', 'status')).status).toBe(5)
  })

  onWine('starts again with a setting that changed, by the hand of the service host', async () => {
    const before = await daemonPid()
    const [[key, values] = ['', {}]] = Object.entries(MANAGED)
    await windows.writeRegistry({ [key]: { ...values, 'support.owner': 'Helpdesk', 'log.level': 'loud' } })
    await untilKnown('the refusal', ({ health }) => health.some(({ code }) => code === 'SETTINGS_REFUSED'))
    expect(await daemonPid()).toBe(before)
    await windows.writeRegistry({ [key]: { ...values, 'support.owner': 'Helpdesk' } })
    await waitFor('the new owner', statusByPipe, {
      until: (seen) => seen.support?.owner === 'Helpdesk',
      everyMs: 250,
      show: logs,
    })
    expect(logs()).toContain(`suretyd ${before} ended with 75`)
    expect(await serviceState()).toBe('RUNNING')
    await untilKnown('no warning', ({ health }) => !health.some(({ code }) => code.startsWith('SETTINGS')))
    expect((await known()).tamperSigns.map(({ kind }) => kind)).not.toContain('stopped')
  })

  withAgent('holds the agent over that, and releases it', async () => {
    expect((await bundle.run('surety', 'status')).status).toBe(5)
    await api.ask('POST', `/stops/${frozenBy}/release`, stopReader, { reason: 'over' })
    await waitFor('the release', async () => (await bundle.run('surety', 'status')).status, {
      until: (status) => status !== 5,
      everyMs: 250,
      show: logs,
    })
  })

  const killDaemon = async () => {
    await windows.runProgram('taskkill', ['/f', '/pid', String(await daemonPid())])
  }

  onWine('comes back after a kill, and its evidence continues', async () => {
    const before = await known()
    await killDaemon()
    const after = await untilKnown(
      'a later attestation',
      ({ attestation }) => attestation.attestedAt !== before.attestation.attestedAt,
    )
    expect(after.forked).toBe(false)
    expect(await serviceState()).toBe('RUNNING')
  })

  updatesByDirectory(onWine, {
    logs,
    serviceState,
    untilState,
    untilKnown,
    statusByPipe,
    windows: () => windows,
    bundle: () => bundle,
    offered: () => offered,
  })

  onWine('starts with Windows', async () => {
    const before = await known()
    await windows.restart()
    await untilKnown(
      'an attestation after the start',
      ({ attestation }) => attestation.attestedAt !== before.attestation.attestedAt,
    )
    await untilState('RUNNING')
  })

  onWine('keeps its evidence while the directory is away', async () => {
    directory.kill('SIGKILL')
    await directory.ended
    await waitFor('no connection', statusByPipe, { until: (seen) => seen.directory?.connected === false, everyMs: 250 })
    directory = await serveDirectory(data, fixed)
    await waitFor('the connection', statusByPipe, {
      until: (seen) => seen.directory?.connected === true && seen.spool.waiting === 0,
      everyMs: 250,
      show: logs,
    })
    expect((await known()).forked).toBe(false)
  })

  onWine('is replaced by a newer version, which finds the directory by the given address', async () => {
    await untilAttestedAfter(() => install('/i', newer, `DIRECTORY_URL=${otherName}`))
    expect(await statusByPipe()).toMatchObject({ device: { id: device }, directory: { url: otherName } })
  })

  onWine('goes and comes back, and the device is the same', async () => {
    await untilAttestedAfter(async () => {
      await install('/x', newer)
      expect(existsSync(join(windows.driveC, 'Program Files/Surety'))).toBe(false)
      expect(existsSync(bundle.dataFile('state'))).toBe(true)
      await install('/i', newer)
    })
  })

  onWine('goes without a trace when it is asked to', async () => {
    await install('/x', newer, 'PURGE=1')
    expect(await serviceState()).toBeUndefined()
    expect(existsSync(join(windows.driveC, 'Program Files/Surety'))).toBe(false)
    expect(existsSync(bundle.dataFile(''))).toBe(false)
    const { stdout } = await windows.runProgram('tasklist', ['/fo', 'csv'])
    expect(stdout).not.toMatch(/node.exe|surety/)
  })
})
