import { createHash } from 'node:crypto'
import { request } from 'node:https'
import { join, resolve } from 'node:path'
import { compactVerify, importJWK } from 'jose'
import { type ApiClient, apiClient } from '../../src/admin/connection/api-client.ts'
import { apiAnswer } from '../../src/protocol/noun/answers.ts'
import { deviceReader, sightingPageSchema } from '../../src/protocol/nouns/devices/devices.ts'
import { evidencePageSchema, publicJwkSchema } from '../../src/protocol/nouns/devices/evidence.ts'
import { deviceOrderReader } from '../../src/protocol/nouns/devices/orders.ts'
import { fakeAgent } from '../faults/world/fake-agent.ts'
import { waitForStatus } from '../support/daemon/ask-daemon.ts'
import { profileOf, startEnrolledDaemon } from '../support/daemon/enrolled-daemon.ts'
import { serveDirectory } from '../support/directory/directory-process.ts'
import { freePorts } from '../support/processes/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const MAIN_DAEMON = resolve(import.meta.dirname, '../../src/main-daemon.ts')
const evidencePage = apiAnswer(evidencePageSchema, 'list of evidence')
const sightingPage = apiAnswer(sightingPageSchema, 'list of sightings')
const publicJwk = apiAnswer(publicJwkSchema, 'key')
const ZEROS = Buffer.alloc(32).toString('base64url')

/** The raw bytes of one batch. */
function archived(data: string, path: string): Promise<string> {
  const { url, ca, token } = profileOf(data)
  return new Promise((done, failed) => {
    request(`${url}/api/v1${path}`, { ca, headers: { authorization: `Bearer ${token}` } }, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      done(Buffer.concat(chunks).toString())
    })
      .on('error', failed)
      .end()
  })
}

/** Every batch of the device verifies with jose and its public key alone, and each names the one before. */
async function verifyArchive(data: string, api: ApiClient, device: string): Promise<number> {
  const { items } = await api.ask('GET', `/devices/${device}/evidence?limit=200`, evidencePage)
  const key = await importJWK(await api.ask('GET', `/devices/${device}/key`, publicJwk), 'ES256')
  const sequences = items.map(({ sequence }) => sequence).sort((a, b) => a - b)
  expect(sequences).toEqual(Array.from(sequences, (_, index) => index + 1))
  let previous = ZEROS
  for (const sequence of sequences) {
    const jws = await archived(data, `/devices/${device}/evidence/1/${sequence}`)
    const { payload, protectedHeader } = await compactVerify(jws, key)
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'eat+jwt' })
    expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({ sub: device, sequence, previous })
    previous = createHash('sha256').update(jws).digest('base64url')
  }
  return sequences.length
}

test('the directory away for a while, a new attestation by order, an archive for jose', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'directory')
  const { devices, api: apiPort } = await freePorts()
  const fixed = [
    '--devices-port',
    String(devices),
    '--api-port',
    String(apiPort),
    '--console-port',
    '0',
    '--names',
    'localhost,127.0.0.1',
  ]
  let directory = await serveDirectory(data, fixed)
  const api = apiClient(profileOf(data))
  const socket = join(folder.path, 'control.sock')
  const { daemon, device } = await startEnrolledDaemon({
    script: MAIN_DAEMON,
    folder: folder.path,
    data,
    socket,
    args: ['--schedules-processes', '* * * * * *'],
  })
  await using _running = daemon
  const before = await verifyArchive(data, api, device)

  directory.kill('SIGKILL')
  await directory.ended
  using agent = fakeAgent(folder.path)
  await waitForStatus(socket, ({ directory: { connected }, spool }) => !connected && spool.waiting > 0)

  directory = await serveDirectory(data, fixed)
  await waitForStatus(socket, ({ directory: { connected }, spool }) => connected && spool.waiting === 0)
  expect(await verifyArchive(data, api, device)).toBeGreaterThan(before)
  const { items } = await api.ask('GET', `/devices/${device}/sightings?kind=agent`, sightingPage)
  expect(items.map(({ sighting }) => sighting)).toContainEqual(
    expect.objectContaining({
      catalogueId: 'claude-code',
      state: 'running',
      process: expect.objectContaining({ pid: agent.pid }),
    }),
  )

  const attestedAt = async () => (await api.ask('GET', `/devices/${device}`, deviceReader)).attestation.attestedAt ?? 0
  const earlier = await attestedAt()
  await api.ask('POST', `/devices/${device}/orders`, deviceOrderReader, { kind: 'attest', reason: 'test' })
  await waitFor('a newer attestation', attestedAt, { until: (time) => time > earlier })

  await daemon.stop(10_000)
  await directory[Symbol.asyncDispose]()
})
