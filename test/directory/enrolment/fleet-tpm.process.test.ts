import { join } from 'node:path'
import { openKeys } from '../../../src/keys/open-keys.ts'
import { come } from '../../support/directory/come.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'
import { TpmDevice } from '../../support/tpm/tpm-device.ts'

/** Fleet tokens and devices whose TPM proves its endorsement key. */

const missing = swtpmMissing()
if (missing !== undefined) process.stderr.write(`fleet tokens with a TPM are not tested: ${missing}\n`)
const withTpm = missing === undefined ? test : test.skip

/** Enrols with a key that is new each time, in the same TPM: as after a reinstall. */
async function comeWithTpm(
  running: RunningDirectory,
  enrolment: string,
  { simulator, stateFolder, serial }: { simulator: string; stateFolder: string; serial: string },
) {
  const init = { stateFolder, want: 'tpm', tpm: { simulator } } as const
  const { provider } = await openKeys({ clock: new FakeClock() }, init)
  await using _ = provider
  const key = await provider.getOrCreateKey('device')
  if (provider.attestor === undefined) throw new Error('a TPM without an attestor')
  const device = new TpmDevice(running.directory, provider.attestor, key)
  const wire = await device.dial()
  wire.send(device.helloToken(enrolment))
  const challenge = await device.challenge(wire)
  const attestation = await device.tpmAttestation(challenge, wire, true)
  const label = { hostname: 'laptop', platform: 'linux', arch: 'x64', serial } as const
  wire.send(await device.sign('attestation', { ...attestation, label }))
  wire.send(await device.sign('activation', await device.activationOf(await device.credential(wire))))
  const frame = await wire.next()
  wire.close()
  if (frame.kind !== 'welcome') return { outcome: String(frame.payload.code), id: undefined, reEnrolment: undefined }
  const { status: outcome, device: id, reEnrolment } = device.adopt(frame.payload)
  return { outcome, id, reEnrolment }
}

withTpm('one TPM has one use under any names, and no software key takes its serial number', async () => {
  using folder = temporaryFolder()
  await using tpm = await startSwtpm({ folder: folder.path, ek: 'p256' })
  const { simulator } = tpm
  await using running = await runningDirectory()
  const { id, enrolment } = await running.tokenWithId({ uses: 9, minimumTier: 'simulated' })
  const used = () => running.rows('SELECT used FROM tokens WHERE id = ?', id)[0]?.used
  const pending = async () => (await running.directory.store.pendingDevices.list({ status: 'pending', limit: 9 })).items
  const installed = (name: string) => ({ simulator, stateFolder: join(folder.path, name) })

  const first = await comeWithTpm(running, enrolment, { ...installed('one'), serial: 'S1' })
  expect(first.outcome).toBe('accepted')
  // Reinstalled, with another serial number, it is still the same device.
  const again = await comeWithTpm(running, enrolment, { ...installed('two'), serial: 'S2' })
  expect(again).toEqual({ outcome: 'pending', id: first.id, reEnrolment: expect.stringMatching(/^ren_/) })
  expect(used()).toBe(1)
  expect(await pending()).toEqual([])

  const thief = await come(running, enrolment, { serial: 's1' })
  expect(thief.outcome).toBe('pending')
  expect(await pending()).toMatchObject([{ why: 'used-before', tier: 'software' }])

  // A serial number that a software key took does not keep out a TPM that says the same.
  expect((await come(running, enrolment, { serial: 'S3' })).outcome).toBe('accepted')
  await running.directory.services.devices.retire(first.id ?? '', 'sold', 'adm')
  const back = await comeWithTpm(running, enrolment, { ...installed('three'), serial: 'S3' })
  expect(back).toMatchObject({ outcome: 'pending', id: first.id })
})

withTpm('a TPM that a human refused waits with any token, named by its endorsement key', async () => {
  using folder = temporaryFolder()
  await using tpm = await startSwtpm({ folder: folder.path, ek: 'p256' })
  await using running = await runningDirectory()
  const installed = (name: string) => ({ simulator: tpm.simulator, stateFolder: join(folder.path, name), serial: 'S1' })
  const token = (init: object) => running.token({ minimumTier: 'simulated', ...init })
  const first = await comeWithTpm(running, await token({ pending: 'all' }), installed('one'))
  expect(first.outcome).toBe('pending')
  const { pendingDevices } = running.directory.services
  await pendingDevices.settle(first.id ?? '', { outcome: 'refuse' }, 'adm')
  const again = await comeWithTpm(running, await token({ uses: 5 }), installed('two'))
  expect(again.outcome).toBe('pending')
  const [refused, waiting] = await Promise.all(
    [first.id, again.id].map((id) => running.directory.store.pendingDevices.view(id ?? '')),
  )
  expect(waiting).toMatchObject({ why: 'refused-before', endorsementKey: refused?.endorsementKey, tier: 'tpm' })
  await pendingDevices.settle(again.id ?? '', { outcome: 'accept' }, 'adm')
  expect((await running.directory.store.devices.get(again.id ?? ''))?.status).toBe('active')
})
