import { execFile } from 'node:child_process'
import { mkdtempDisposable } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { list } from '../../../src/admin/nouns/call.ts'
import { reEnrolments } from '../../../src/protocol/nouns/enrolment/re-enrolments.ts'
import { type SharedTpm, sharedTpm } from '../../support/tpm/shared-tpm.ts'
import { type Swtpm, startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'
import { waitFor } from '../../support/wait-for.ts'
import { compileClockShim, type ShiftedTime, shiftedTime, shiftedTimeMissing } from '../time/shifted-time.ts'
import { codesOf, type World, world } from '../world/device-and-directory.ts'
import { fakeAgent } from '../world/fake-agent.ts'

const missing = swtpmMissing() ?? shiftedTimeMissing()
if (missing !== undefined) process.stderr.write(`TPM journeys skipped: ${missing}\n`)
const journey = missing === undefined ? test : test.skip
const run = promisify(execFile)

interface Setting {
  readonly here: World
  readonly folder: string
  readonly swtpm: () => Swtpm
  readonly shared: SharedTpm
  readonly device: string
  /** Of the directory. */
  readonly time: Pick<ShiftedTime, 'move' | 'env'>
  startTpm(): Promise<void>
  tool(name: string, ...args: readonly string[]): Promise<void>
}

/** A device enrolled with a TPM, connected and compliant, that looks for agents every second. */
async function withTpm(work: (setting: Setting) => Promise<void>): Promise<void> {
  // Short, because socket paths are.
  await using folder = await mkdtempDisposable('/tmp/surety-tpm-')
  let swtpm = await startSwtpm({ folder: folder.path, ek: 'none' })
  await using here = await world()
  await using shared = await sharedTpm({ folder: folder.path, simulator: swtpm.simulator })
  try {
    const time = shiftedTime(compileClockShim(here.folder), join(here.folder, 'server-shift'))
    await here.startDirectory({ env: time.env })
    await here.invite('simulated')
    await here.startDaemon({ args: DAEMON(shared) })
    const { device } = await here.untilSettled()
    const tool: Setting['tool'] = async (name, ...args) => {
      await run(name, args, { env: { ...process.env, TPM2TOOLS_TCTI: shared.tcti } })
    }
    const startTpm = async () => {
      swtpm = await startSwtpm({ folder: folder.path, ek: 'none' })
    }
    await work({
      here,
      folder: folder.path,
      shared,
      device: device?.id ?? '',
      time,
      tool,
      startTpm,
      swtpm: () => swtpm,
    })
  } finally {
    await swtpm.stop()
  }
}

const NV_INDEX = '0x1500020'

const DAEMON = (shared: SharedTpm) => [
  ...['--keys', 'tpm', '--tpm-simulator', shared.simulator],
  ...['--schedules-processes', '* * * * * *'],
]

/** Something new to sign for: then the device says `code`, and the directory still holds what it held. */
async function expectWarning({ here, device }: Setting, code: string, remedy: string): Promise<void> {
  const warned = await here.untilStatus(({ health }) => codesOf(health).includes(code))
  expect(warned.health).toEqual([{ code, remedy: expect.stringContaining(remedy), since: expect.any(Number) }])
  const { out } = await here.surety('status')
  expect(out).toContain(code)
  expect((await here.untilDevice(device, () => true)).health).toEqual([])
}

/** It can attest to nobody, so an order to attest stays unanswered: the good verdict does not outlive its time. */
async function expectStale({ here, device, time }: Setting): Promise<void> {
  const before = await here.untilDevice(device, ({ result }) => result?.verdict === 'compliant')
  await here.order(device, 'attest')
  time.move({ wallMs: 8 * 3_600_000 })
  const stale = await here.untilDevice(device, ({ result }) => result?.verdict !== 'compliant')
  expect([stale.result?.verdict, stale.attestation.attestedAt]).toEqual(['stale', before.attestation.attestedAt])
  time.move({})
  // A device lets the time it was told not go back while it is connected.
  await here.startDirectory({ env: time.env })
}

/** By itself: no warning on either side, connected, compliant, and everything that was found meanwhile is told. */
async function expectRecovery({ here, device }: Setting, pid: number): Promise<void> {
  await here.untilStatus(({ health, directory, spool, sightings }) => {
    const seen = sightings.some((one) => one.kind === 'agent' && one.process?.pid === pid)
    return health.length === 0 && directory.connected && spool.waiting === 0 && seen
  })
  const order = await here.order(device, 'attest')
  expect((await here.untilOrder(device, order)).status).toBe('done')
  const well = await here.untilDevice(device, ({ health }) => health.length === 0)
  expect([well.result?.verdict, well.attestation.failure]).toEqual(['compliant', undefined])
  await here.expectWholeChain(device)
}

const BUSY = { retry: 0x922, yielded: 0x908, testing: 0x90a, 'retry, of the resource manager': 0xb0922 }
journey.each(Object.entries(BUSY))('a TPM that is busy for a moment (%s) is waited for', (_, code) =>
  withTpm(async (setting) => {
    const { here, folder, shared, device } = setting
    shared.answer(code)
    using agent = fakeAgent(folder)
    const before = shared.answered
    const order = await here.order(device, 'attest')
    await waitFor('four more answers', () => shared.answered, { until: (answered) => answered >= before + 4 })
    expect((await here.status()).health).toEqual([])
    shared.answer()
    expect((await here.untilOrder(device, order)).status).toBe('done')
    await expectRecovery(setting, agent.pid)
  }),
)

journey('a TPM that stays busy is a warning with a remedy, until it is not', () =>
  withTpm(async (setting) => {
    setting.shared.answer(BUSY.retry)
    using agent = fakeAgent(setting.folder)
    // Both wait for it: the one that signs what was found, and the one that attests.
    await setting.here.order(setting.device, 'attest')
    await expectWarning(setting, 'TPM_BUSY', 'fuser /dev/tpm0')
    const before = setting.shared.answered
    const codes = new Set<string>()
    await setting.here.untilStatus(({ health, directory: { lastError } }) => {
      codes.add(codesOf(health).join())
      return lastError?.code === 'TPM_BUSY' && setting.shared.answered > before + 40
    })
    expect([...codes]).toEqual(['TPM_BUSY'])
    setting.shared.answer()
    await expectRecovery(setting, agent.pid)
  }),
)

journey('a TPM that is gone is a warning with a remedy, until it is back; nothing is lost', () =>
  withTpm(async (setting) => {
    await setting.swtpm().stop()
    using agent = fakeAgent(setting.folder)
    await expectWarning(setting, 'TPM_GONE', 'missing or does not answer')
    await expectStale(setting)
    await setting.startTpm()
    await expectRecovery(setting, agent.pid)
  }),
)

journey('a TPM that is locked out is a warning with a remedy, until it is unlocked', () =>
  withTpm(async (setting) => {
    setting.shared.answer(0x921)
    using agent = fakeAgent(setting.folder)
    await expectWarning(setting, 'TPM_LOCKED_OUT', 'tpm2_dictionarylockout')
    await expectStale(setting)
    setting.shared.answer()
    await expectRecovery(setting, agent.pid)
  }),
)

journey('wrong authorisations of others lock the TPM, but not the keys of the device', () =>
  withTpm(async (setting) => {
    const { tool, folder } = setting
    await tool(
      'tpm2_dictionarylockout',
      '--setup-parameters',
      '--max-tries=1',
      '--recovery-time=10000',
      '--lockout-recovery-time=10000',
    )
    await tool('tpm2_nvdefine', NV_INDEX, '-C', 'o', '-s', '64', '-p', 'right', '-a', 'authread|authwrite')
    const guess = () =>
      tool('tpm2_nvwrite', NV_INDEX, '-C', NV_INDEX, '-P', 'wrong', '-i', '/etc/hostname').catch(String)
    await guess()
    expect(await guess()).toMatch(/0x921/)
    using agent = fakeAgent(folder)
    await expectRecovery(setting, agent.pid)
  }),
)

journey('a cleared TPM: keys lost and reported; invitation and approval return the device', () =>
  withTpm(async (setting) => {
    const { here, tool, device, shared } = setting
    await tool('tpm2_clear', '-c', 'p')
    using agent = fakeAgent(setting.folder)
    await expectWarning(setting, 'KEYS_CHANGED', 'Enrol this device again')
    const order = await here.order(device, 'attest')
    expect((await here.untilStatus(({ directory }) => !directory.connected)).directory.lastError?.code).toBe(
      'TPM_IDENTITY_LOST',
    )
    // A restart changes nothing, and no other key takes the place of the lost one.
    await here.startDaemon({ args: DAEMON(shared) })
    const lost = await here.untilStatus(({ health }) => codesOf(health).includes('KEYS_CHANGED'))
    expect([lost.device?.id, lost.enrolment]).toEqual([device, 'enrolled'])
    expect((await here.untilDevice(device, () => true)).head.sequence).toBeGreaterThan(0)
    expect(order).not.toBe('')

    await here.invite('simulated')
    await here.untilStatus(({ enrolment }) => enrolment === 'pending')
    const { items } = await list(here.api, reEnrolments)
    await here.suretyDirectory('re-enrolments', 'approve', items[0]?.id ?? '')
    const back = await here.untilStatus(({ enrolment, result, spool }) => {
      return enrolment === 'enrolled' && result?.verdict === 'compliant' && spool.waiting === 0
    })
    expect([back.device, back.health]).toEqual([{ id: device, tier: 'tpm', epoch: 2 }, []])
    await expectRecovery(setting, agent.pid)
  }),
)
