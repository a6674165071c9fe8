import { cpSync, existsSync, linkSync, mkdirSync, readFileSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type ApiClient, apiClient } from '../../src/directory/commands/api-client.ts'
import { devicePageReader, deviceReader } from '../../src/protocol/api-devices.ts'
import { createdTokenReader } from '../../src/protocol/api-tokens.ts'
import { profileOf } from '../journeys/house.ts'
import { type ServingDirectory, serveDirectory } from '../support/directory/directory-process.ts'
import { freePorts } from '../support/processes/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type SharedTpm, sharedTpm } from '../support/tpm/shared-tpm.ts'
import { startSwtpm, swtpmMissing } from '../support/tpm/swtpm.ts'
import { waitFor } from '../support/wait-for.ts'
import { giveTpm } from '../support/windows/tbs.ts'
import { openWindows, type Windows, windowsAbsence } from '../support/windows/windows.ts'
import { windowsRuntime } from '../support/windows/windows-runtime.ts'
import { msiexec } from './msiexec.ts'
import { buildBundle } from './windows-bundle.ts'
import { packagingAbsence, wholePackage } from './windows-packages.ts'

/**
 * The package for Windows Installer with the real programs, from an installation without hands to a device that its directory knows by
 * its TPM. Each test goes on where the one before ended. What Wine does not prove is in installer.wine.test.ts.
 */

const ROOT = resolve(import.meta.dirname, '../..')
const absent = windowsAbsence() ?? packagingAbsence() ?? swtpmMissing()
const onWine = absent === undefined ? test : test.skip
const folder = temporaryFolder()
const data = join(folder.path, 'directory')
const disposal = new AsyncDisposableStack()
let windows: Windows
let directory: ServingDirectory
let api: ApiClient
let older: string
let newer: string
let device = ''

/** swtpm, whose CA the directory trusts. */
async function startTpm(): Promise<SharedTpm> {
  const state = await mkdtempDisposable('/tmp/surety-msi-')
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
    const ports = ['--devices-port', String(devices), '--api-port', String(apiPort)]
    const tpm = await startTpm()
    const anchors = ['--trust-anchors', join(folder.path, 'anchors')]
    directory = await serveDirectory(data, [...ports, '--names', '127.0.0.1,localhost', ...anchors])
    api = apiClient(profileOf(data))
    const built = join(folder.path, 'built')
    buildBundle(built)
    linkSync(windowsRuntime(ROOT), join(built, 'node.exe'))
    older = wholePackage(built, { version: '1.0.0', out: folder.path })
    newer = wholePackage(built, { version: '1.1.0', out: folder.path })
    windows = openWindows()
    await giveTpm(windows, tpm.port)
  })
}
afterAll(async () => {
  windows?.[Symbol.dispose]()
  await disposal.disposeAsync()
  await directory?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const dataFile = (name: string) => join(windows.driveC, 'ProgramData/Surety', name)
const known = () => api.ask('GET', `/devices/${device}`, deviceReader)

const logs = () =>
  ['service.log', 'suretyd.log']
    .map((name) =>
      existsSync(dataFile(`logs/${name}`)) ? readFileSync(dataFile(`logs/${name}`), 'utf8') : `no ${name}`,
    )
    .join('\n')
    .slice(-4_000)

/** Does what may make the device attest anew, and waits for it. */
async function untilAttestedAfter(work: () => Promise<unknown>): Promise<void> {
  const before = await known()
  await work()
  const isLater = ({ attestation }: typeof before) => attestation.attestedAt !== before.attestation.attestedAt
  const after = await waitFor('a later attestation', known, { until: isLater, everyMs: 250, show: logs })
  expect(after.forked).toBe(false)
  expect((await api.ask('GET', '/devices', devicePageReader)).items).toHaveLength(1)
}

async function run(action: '/i' | '/x', path: string, ...properties: readonly string[]): Promise<string> {
  const [result] = await msiexec(windows, { action, path, properties })
  expect(result).toMatchObject({ status: 0 })
  return result?.log ?? ''
}

describe(`the package with the real programs${absent === undefined ? '' : ` (skipped: ${absent})`}`, () => {
  onWine('enrols the device by its TPM, and erases the string', async () => {
    const request = { owner: 'ada@example.org', minimumTier: 'tpm-attested' }
    const { enrolment } = await api.ask('POST', '/tokens', createdTokenReader, request)
    const log = await run('/i', older, `ENROLMENT=${enrolment}`)
    expect(log).not.toContain(enrolment)
    const page = await waitFor('the device', () => api.ask('GET', '/devices', devicePageReader), {
      ...{ until: ({ items }) => items.length > 0, everyMs: 250, show: logs },
    })
    expect(page.items[0]).toMatchObject({ tier: 'tpm-attested', label: { platform: 'windows' } })
    device = page.items[0]?.id ?? ''
    await waitFor('no string', () => !existsSync(dataFile('enrolment')), { show: logs })
  })

  onWine('has a command that shows the state', async () => {
    const command = ['/d', '/c', 'C:\\Program Files\\Surety\\surety.cmd', 'status', '--json']
    const { stdout } = await windows.runProgram('cmd', command)
    expect(JSON.parse(stdout)).toMatchObject({ device: { id: device }, enrolment: 'enrolled' })
  })

  onWine('is replaced by a newer one, and the device stays the same', async () => {
    await untilAttestedAfter(() => run('/i', newer))
  })

  onWine('goes and comes back, and the device is still the same', async () => {
    await untilAttestedAfter(async () => {
      await run('/x', newer)
      expect(existsSync(join(windows.driveC, 'Program Files/Surety'))).toBe(false)
      expect(existsSync(dataFile('state'))).toBe(true)
      await run('/i', newer)
    })
  })

  onWine('goes without a trace when it is asked to', async () => {
    await run('/x', newer, 'PURGE=1')
    expect(existsSync(join(windows.driveC, 'Program Files/Surety'))).toBe(false)
    expect(existsSync(dataFile(''))).toBe(false)
    const { stdout } = await windows.runProgram('tasklist', ['/fo', 'csv'])
    expect(stdout).not.toMatch(/node|surety/)
  })
})
