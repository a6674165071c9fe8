import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../src/base/log.ts'
import { runningDaemon, sampleAgent, sampleFound } from '../support/daemon/running-daemon.ts'
import { type RunningDirectory, runningDirectory } from '../support/directory/running-directory.ts'
import { freePort } from '../support/processes/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

const batches = (device: string) =>
  running.rows('SELECT sequence, jws FROM evidence WHERE device = ? ORDER BY sequence', device)
const payloads = (device: string) =>
  batches(device).map(({ jws }) => {
    const [, payload = ''] = String(jws).split('.')
    return JSON.parse(Buffer.from(payload, 'base64url').toString())
  })
const deviceOf = (folder: string): string => JSON.parse(readFileSync(join(folder, 'identity.json'), 'utf8')).device

test('enrols, attests, collects, is acknowledged, and erases its secret', async () => {
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: await running.token() })
  await daemon.until('complete')
  const status = await daemon.untilStatus(({ result }) => result !== undefined)
  expect(status).toMatchObject({
    enrolment: 'enrolled',
    device: { tier: 'software', epoch: 1 },
    directory: { connected: true },
    spool: { waiting: 0 },
    health: [],
  })
  expect(daemon.phases.map(({ phase }) => phase).sort()).toEqual([
    'acknowledged',
    'attested',
    'collected',
    'complete',
    'enrolled',
    'keys',
  ])
  expect(existsSync(join(folder.path, 'enrolment'))).toBe(false)
  expect(readFileSync(join(folder.path, 'identity.json'), 'utf8')).not.toContain('secret')
})

test('answers a check with the batch that reports it, also right after a restart', async () => {
  using folder = temporaryFolder()
  const found = sampleFound()
  const first = runningDaemon({ stateFolder: folder.path, enrolment: await running.token(), found })
  await first.until('complete')
  await first.end()
  await using second = runningDaemon({ stateFolder: folder.path, found })
  await second.until('attested')
  const { findings, sequence = 0 } = await second.check()
  expect(findings).toEqual(found.findings)
  await second.untilStatus(({ spool }) => spool.acknowledged >= sequence)
  const reportedUpTo = (last = 0) =>
    payloads(deviceOf(folder.path))
      .slice(0, last)
      .findLast((payload) => payload.findings !== undefined)?.findings
  expect(reportedUpTo(sequence)).toEqual(found.findings)
  // A change is in a batch of its own.
  found.findings = [{ check: 'boot.secure-boot', state: 'fail', detail: 'off' }]
  const changed = await second.check()
  expect(changed.sequence).toBeGreaterThan(sequence)
  await second.untilStatus(({ spool }) => spool.acknowledged >= (changed.sequence ?? 0))
  expect(reportedUpTo(changed.sequence)).toEqual(found.findings)
})

test('resumes the same device and chain after a restart', async () => {
  using folder = temporaryFolder()
  const first = runningDaemon({ stateFolder: folder.path, enrolment: await running.token() })
  await first.until('complete')
  const before = (await first.status()).spool.sequence
  await first.end()
  await using second = runningDaemon({ stateFolder: folder.path })
  await second.until('complete')
  expect(running.rows('SELECT forked_at FROM devices WHERE id = ?', deviceOf(folder.path))[0]?.forked_at).toBeNull()
  const sequences = batches(deviceOf(folder.path)).map(({ sequence }) => sequence)
  expect(sequences).toEqual(sequences.map((_, index) => index + 1))
  expect(sequences.length).toBeGreaterThan(before)
})

test('delivers evidence of an outage of the directory, each batch once and in order', async () => {
  const away = await runningDirectory({
    devices: { host: '127.0.0.1', port: await freePort(), channelBinding: 'required' },
  })
  try {
    using folder = temporaryFolder()
    const found = sampleFound()
    await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: await away.token(), found })
    await daemon.until('complete')
    await away.directory[Symbol.asyncDispose]()
    for (const state of ['fail', 'pass', 'fail'] as const) {
      const { sequence } = (await daemon.status()).spool
      found.findings = [{ check: 'boot.secure-boot', state, detail: `now ${state}` }]
      daemon.refresh()
      await daemon.untilStatus(({ spool }) => spool.sequence > sequence)
    }
    expect((await daemon.status()).spool.waiting).toBeGreaterThanOrEqual(3)
    await away.restart()
    const { spool } = await daemon.untilStatus((status) => status.directory.connected && status.spool.waiting === 0)
    const stored = away.rows('SELECT sequence FROM evidence ORDER BY sequence').map(({ sequence }) => sequence)
    expect(stored).toEqual(Array.from({ length: spool.sequence }, (_, index) => index + 1))
  } finally {
    await away[Symbol.asyncDispose]()
  }
})

// Neither spool is large enough for the full report that follows a gap.
test.each([6_000, 2_000])(
  'reports what a full spool of %d bytes dropped in a gap, and continues the chain',
  async (spoolBytes) => {
    const away = await runningDirectory({
      devices: { host: '127.0.0.1', port: await freePort(), channelBinding: 'required' },
    })
    try {
      using folder = temporaryFolder()
      const found = sampleFound()
      await using daemon = runningDaemon({
        stateFolder: folder.path,
        enrolment: await away.token(),
        found,
        spoolBytes,
      })
      await daemon.until('complete')
      await away.directory[Symbol.asyncDispose]()
      for (let i = 0; i < 12; i++) {
        const { sequence } = (await daemon.status()).spool
        found.findings = [{ check: 'boot.secure-boot', state: 'fail', detail: `${i} ${'x'.repeat(900)}` }]
        daemon.refresh()
        await daemon.untilStatus(({ spool }) => spool.sequence > sequence)
      }
      expect((await daemon.status()).health.map(({ code }) => code)).toContain('SPOOL_FULL')
      await away.restart()
      await daemon.untilStatus((status) => status.directory.connected && status.spool.waiting === 0)
      expect(away.rows("SELECT kind FROM activity WHERE kind IN ('gap', 'forked')").map(({ kind }) => kind)).toEqual([
        'gap',
      ])
      found.findings = [{ check: 'boot.secure-boot', state: 'pass', detail: 'fixed' }]
      daemon.refresh()
      await daemon.untilStatus(({ spool, health }) => spool.waiting === 0 && health.length === 0)
    } finally {
      await away[Symbol.asyncDispose]()
    }
  },
)

test('carries out each order once and answers it', async () => {
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: await running.token() })
  await daemon.until('complete')
  const device = deviceOf(folder.path)
  for (const kind of ['collect', 'attest'] as const) {
    const { id: order } = await running.directory.services.orders.issue({ device, kind, reason: 'a test' }, 'test')
    await daemon.untilStatus(() =>
      payloads(device).some(({ receipts = [] }) =>
        receipts.some((receipt: { order: string }) => receipt.order === order),
      ),
    )
  }
  const receipts = payloads(device).flatMap((payload) => payload.receipts ?? [])
  expect(receipts).toEqual([
    expect.objectContaining({ number: 1, outcome: 'done' }),
    expect.objectContaining({ number: 2, outcome: 'done' }),
  ])
})

test('does not use a token twice, and keeps its identity when a token is refused', async () => {
  using folder = temporaryFolder()
  const enrolment = await running.token()
  const first = runningDaemon({ stateFolder: folder.path, enrolment })
  await first.until('complete')
  await first.end()
  const device = deviceOf(folder.path)
  // The file is there again, as if it could not have been removed.
  await using second = runningDaemon({ stateFolder: folder.path, enrolment })
  await second.until('complete')
  await second.end()
  const { id, enrolment: revoked } = await running.tokenWithId()
  await running.directory.services.tokens.revoke(id, 'test')
  await using third = runningDaemon({ stateFolder: folder.path, enrolment: revoked })
  await third.until('complete')
  expect(deviceOf(folder.path)).toBe(device)
})

test('waits for a decision about known keys, and then begins a new epoch', async () => {
  using folder = temporaryFolder()
  const first = runningDaemon({ stateFolder: folder.path, enrolment: await running.token() })
  await first.until('complete')
  await first.end()
  const device = deviceOf(folder.path)
  rmSync(join(folder.path, 'identity.json'))
  const warnings: string[] = []
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message) }
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: await running.token(), log })
  const pending = await daemon.untilStatus(({ enrolment, health }) => enrolment === 'pending' && health.length > 0)
  expect(pending.health.map(({ code }) => code)).toEqual(['ENROLMENT_PENDING'])
  expect(pending.directory.lastError).toBeUndefined()
  const [row] = running.rows("SELECT id FROM re_enrolments WHERE device = ? AND state = 'pending'", device)
  expect(pending.reEnrolment).toBe(row?.id)
  await running.directory.services.reEnrolments.settle(String(row?.id), 'approve', 'test')
  await daemon.until('complete')
  const approved = await daemon.status()
  expect(approved.reEnrolment).toBeUndefined()
  expect(approved).toMatchObject({
    enrolment: 'enrolled',
    device: { id: device, epoch: 2 },
    spool: { waiting: 0 },
    health: [],
  })
  // The directory closes the connection after the decision, which is not a lost connection.
  expect(warnings).toEqual([])
})

test('flags a state that was restored from a copy, at both ends', async () => {
  using folder = temporaryFolder()
  const found = sampleFound()
  const first = runningDaemon({ stateFolder: folder.path, enrolment: await running.token(), found })
  await first.until('complete')
  await first.end()
  const copy = readFileSync(join(folder.path, 'spool.db'))
  const second = runningDaemon({ stateFolder: folder.path, found })
  await second.until('complete')
  await second.end()
  writeFileSync(join(folder.path, 'spool.db'), copy)
  for (const suffix of ['-wal', '-witness']) rmSync(join(folder.path, `spool.db${suffix}`), { force: true })
  await using third = runningDaemon({ stateFolder: folder.path, found })
  const status = await third.untilStatus(({ directory }) => directory.lastError !== undefined)
  expect(status).toMatchObject({
    directory: { lastError: { code: 'EVIDENCE_FORKED' } },
    health: [{ code: 'CHAIN_FORKED' }],
  })
  expect(running.rows('SELECT forked_at FROM devices WHERE id = ?', deviceOf(folder.path))[0]?.forked_at).not.toBeNull()
})

test('shows only a warning when another daemon uses the state folder', async () => {
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path })
  await daemon.untilStatus(() => true)
  await using second = runningDaemon({ stateFolder: folder.path })
  const { health, directory } = await second.untilStatus(() => true)
  expect([health.map(({ code }) => code), directory.lastError?.code, second.phases]).toEqual([
    ['STATE_UNAVAILABLE'],
    'STORE_FAILED',
    [],
  ])
})

test('shows an ordinary user the device and only their own sightings', async () => {
  using folder = temporaryFolder()
  const found = sampleFound()
  found.observed = {
    ...found.observed,
    sightings: [sampleAgent, { ...sampleAgent, id: 'b'.repeat(32), user: { id: '1001', name: 'bob' } }],
  }
  await using daemon = runningDaemon({ stateFolder: folder.path, found })
  await daemon.untilStatus(({ sightings, sources }) => sightings.length === 2 && sources.length === 1)
  const status = await daemon.status('1001')
  expect(status.sightings.map(({ user }) => user?.name)).toEqual(['bob'])
  expect(status.limitedToCaller).toBe(true)
  expect(status.findings).toHaveLength(1)
})

test('a claim waits for the directory on disk over a restart, and its decision returns', async () => {
  const away = await runningDirectory({
    devices: { host: '127.0.0.1', port: await freePort(), channelBinding: 'required' },
  })
  const by = { id: 'adm_test', name: 'Grace', kind: 'administrator', role: 'administrator' } as const
  const stored = async () => (await away.directory.store.claims.list({ limit: 10 })).items
  try {
    using folder = temporaryFolder()
    const enrolment = await away.token()
    const first = runningDaemon({ stateFolder: folder.path, enrolment })
    await first.until('complete')
    await away.directory[Symbol.asyncDispose]()
    const asked = { agent: sampleAgent.id, purpose: 'refactors' }
    const { claim } = await first.claim(asked, '1000')
    expect(first.claims('1000')).toEqual([{ claim }])
    expect(first.claims('1001')).toEqual([])
    await first.end()

    await away.restart()
    await using second = runningDaemon({ stateFolder: folder.path })
    await waitFor('the claim', async () => stored(), { until: ({ length }) => length > 0 })
    expect(await stored()).toMatchObject([{ device: deviceOf(folder.path), claim, state: 'pending' }])
    const { humans, claims } = away.directory.services
    await humans.add({ userName: 'ada' }, by)
    const { registration } = await claims.accept(claim.id, { human: 'ada' }, by)
    const decided = async () => second.claims('1000').map(({ decision }) => decision)
    await waitFor('the decision', decided, { until: ([decision]) => decision !== undefined })
    expect(await decided()).toMatchObject([{ outcome: 'accepted', by: 'Grace', registration }])

    // Refused while the device is away: it hears of it with its next welcome.
    const again = await second.claim(asked, '1000')
    await waitFor('the second claim', async () => stored(), { until: ({ length }) => length > 1 })
    await second.end()
    await claims.refuse(again.claim.id, 'once is enough', by)
    await using third = runningDaemon({ stateFolder: folder.path })
    const refused = async () => third.claims('1000')[0]?.decision
    await waitFor('the refusal', refused, { until: (decision) => decision !== undefined })
    expect(await refused()).toMatchObject({ outcome: 'refused', reason: 'once is enough' })
    expect(await stored()).toHaveLength(2)
  } finally {
    await away[Symbol.asyncDispose]()
  }
})
