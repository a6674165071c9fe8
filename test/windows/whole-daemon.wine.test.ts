import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../../src/directory/commands/api-client.ts'
import { devicePageReader, deviceReader } from '../../src/protocol/api-devices.ts'
import { createdTokenReader } from '../../src/protocol/api-tokens.ts'
import { CHECKS } from '../../src/protocol/finding.ts'
import { profileOf } from '../journeys/house.ts'
import { type ServingDirectory, serveDirectory } from '../support/directory/directory-process.ts'
import { freePorts } from '../support/processes/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { openWindows, type Windows, windowsAbsence } from '../support/windows/windows.ts'
import { buildBundle, type InstalledBundle, installBundle } from './windows-bundle.ts'

/**
 * The whole daemon as a service, from its bundle, enrolled with a directory on Linux. Each test goes on where the one before ended.
 * Wine stands in for Windows: exact access rights, other users, squatted pipes and recovery by Windows are not proved.
 */

const absent = windowsAbsence()
const onWine = absent === undefined ? test : test.skip
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
const folder = temporaryFolder()
const data = join(folder.path, 'directory')
let fixed: readonly string[] = []
let windows: Windows
let bundle: InstalledBundle
let directory: ServingDirectory
let api: ApiClient
let device = ''

if (absent === undefined) {
  beforeAll(async () => {
    const { devices, api: apiPort } = await freePorts()
    const ports = ['--devices-port', String(devices), '--api-port', String(apiPort)]
    fixed = [...ports, '--names', '127.0.0.1,localhost']
    const built = join(folder.path, 'built')
    buildBundle(built)
    directory = await serveDirectory(data, fixed)
    api = apiClient(profileOf(data))
    windows = openWindows()
    bundle = installBundle(windows, built)
    const settings = { keys: 'software', schedules: { processes: '* * * * * *' } }
    bundle.write('suretyd.json', JSON.stringify(settings))
    const request = { owner: 'ada@example.org', minimumTier: 'software' }
    bundle.write('enrolment', (await api.ask('POST', '/tokens', createdTokenReader, request)).enrolment)
  })
}
afterAll(async () => {
  windows?.[Symbol.dispose]()
  await directory?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

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

/** What `surety status` prints as JSON, by the pipe. */
async function statusByPipe() {
  const { stdout, stderr } = await bundle.run('surety', 'status', '--json')
  return stdout === '' ? { failed: stderr } : JSON.parse(stdout)
}

const known = () => api.ask('GET', `/devices/${device}`, deviceReader)
const untilKnown = (what: string, until: (seen: Awaited<ReturnType<typeof known>>) => boolean) =>
  waitFor(what, known, { until, everyMs: 250, show: () => logs() })

describe(`the bundles for Windows${absent === undefined ? '' : ` (skipped: ${absent})`}`, () => {
  onWine('lie beside the service host and a launcher for each command, each with the addon', () => {
    const built = join(folder.path, 'built')
    expect(readdirSync(built).toSorted()).toEqual([
      ...['surety', 'surety-directory', 'surety-directory.cmd', 'surety-service.exe', 'surety.cmd', 'suretyd'],
    ])
    for (const program of ['surety', 'surety-directory', 'suretyd']) {
      const files = readdirSync(join(built, program))
      expect(files).toEqual(expect.arrayContaining([`${program}.mjs`, 'surety-native.node']))
      expect(files.filter((name) => name.endsWith('.cache'))).toEqual([])
    }
  })

  onWine('print their version', async () => {
    expect(await bundle.run('surety', '--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
    expect(await bundle.run('surety-directory', '--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
    expect(await bundle.runDaemon('--version')).toEqual({ status: 0, stdout: `suretyd ${version}\n`, stderr: '' })
  })

  onWine('know the places of Windows', async () => {
    const { status, stdout } = await bundle.runDaemon('--help')
    expect(status).toBe(0)
    expect(stdout).toContain(JSON.stringify('C:\\ProgramData\\Surety\\state').slice(1, -1))
    expect(stdout).toContain('one of tbs [tbs]')
  })

  onWine('refuse what they do not know with the exit code for wrong usage', async () => {
    expect((await bundle.run('surety', 'nosuch')).status).toBe(2)
    expect(await bundle.runDaemon('nosuch')).toMatchObject({
      ...{ status: 2, stderr: expect.stringContaining('[USAGE_INVALID]') },
    })
  })
})

describe(`the daemon on Windows${absent === undefined ? '' : ` (skipped: ${absent})`}`, () => {
  onWine('starts as a service and enrols', async () => {
    expect((await windows.runProgram(bundle.host, ['--install'])).status).toBe(0)
    expect((await windows.runProgram('sc', ['start', 'suretyd'])).status).toBe(0)
    await untilState('RUNNING')
    const page = await waitFor('the device', () => api.ask('GET', '/devices', devicePageReader), {
      ...{ until: ({ items }) => items.length > 0, everyMs: 250, show: logs },
    })
    device = page.items[0]?.id ?? ''
    expect(page.items[0]?.label?.platform).toBe('windows')
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

  onWine('comes back after a kill, and its evidence goes on', async () => {
    const before = await known()
    await windows.runProgram('taskkill', ['/f', '/im', 'node.exe'])
    const after = await untilKnown(
      'a later attestation',
      ({ attestation }) => attestation.attestedAt !== before.attestation.attestedAt,
    )
    expect(after.forked).toBe(false)
    expect(await serviceState()).toBe('RUNNING')
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
      ...{ until: (seen) => seen.directory?.connected === true && seen.spool.waiting === 0, everyMs: 250, show: logs },
    })
    expect((await known()).forked).toBe(false)
  })

  onWine('stops and leaves nothing behind', async () => {
    expect((await windows.runProgram(bundle.host, ['--uninstall'])).status).toBe(0)
    expect(await serviceState()).toBeUndefined()
    const { stdout } = await windows.runProgram('tasklist', ['/fo', 'csv'])
    expect(stdout).not.toContain('node.exe')
  })
})
