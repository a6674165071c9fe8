import { toBase64Url } from '../../../src/base/bytes.ts'
import { bindingOf } from '../../../src/crypto/binding.ts'
import { sha256, ZERO_HASH } from '../../../src/crypto/hash.ts'
import { importP256, signJws } from '../../../src/crypto/jws.ts'
import { type AttestationsComponents, attestations } from '../../../src/directory/devices/attestations.ts'
import { results } from '../../../src/directory/devices/results.ts'
import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'
import type { Attestation } from '../../../src/protocol/messages/frames.ts'
import { startTestDirectory } from '../../support/directory/directory-api.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { DEVICE_KEY, seedDevice } from '../../support/directory/seeded-directory.ts'

const challenge = { nonce: ZERO_HASH, exporter: ZERO_HASH, caPin: ZERO_HASH, pcrs: [] }

test.each([
  ['what should never be thrown', new TypeError('undefined is not a function'), 'FRAME_MALFORMED'],
  ['a refusal of nobody', 'gone', 'FRAME_MALFORMED'],
])('an attestation whose judging ends in %s leaves no good verdict standing', async (_, thrown, code) => {
  await using directory = await startTestDirectory()
  const { device } = await seedDevice(directory)
  const store: AttestationsComponents['store'] = {
    ...directory.store,
    evidence: {
      async hashAt() {
        throw thrown
      },
    },
  }
  const appraised = results(
    { store: directory.store, clock: directory.clock },
    { policy: { ...DEFAULT_POLICY, checks: {} }, validForMs: 1000 },
  )
  const accept = attestations({ store, results: appraised, clock: directory.clock }).accept
  const place = { epoch: 1, sequence: 2 }
  const zeros = { nonce: ZERO_HASH, exporter: ZERO_HASH, directoryCa: ZERO_HASH, head: ZERO_HASH, posture: ZERO_HASH }
  const binding = toBase64Url(bindingOf({ ...zeros, ...place, purpose: 'attest', subject: sha256(device) }))
  const attestation: Attestation = {
    type: 'attestation',
    purpose: 'attest',
    nonce: toBase64Url(ZERO_HASH),
    binding,
    // Below the chain's head, so that the store is asked what was there.
    ...place,
    device,
    head: ZEROS,
    posture: ZEROS,
  }
  await directory.store.evidence.putChain(device, { sequence: 3, head: ZEROS, bytes: 0, at: directory.clock.now() })
  const frame = await signJws('attestation', attestation, DEVICE_KEY.sign)
  const key = importP256(DEVICE_KEY.spki)
  await expect(accept(frame, { device, epoch: 1, key, challenge, fresh: false })).rejects.toBe(thrown)
  expect((await directory.store.devices.get(device))?.attestationFailure).toMatchObject({ code })
  expect(await directory.store.results.get(device)).toMatchObject({ verdict: 'not-compliant' })
})

test('the key of an epoch that ended before its attestation does not attest the next', async () => {
  await using directory = await startTestDirectory()
  const { device } = await seedDevice(directory)
  const appraised = results(directory, { policy: DEFAULT_POLICY, validForMs: 1000 })
  const { accept } = attestations({ store: directory.store, results: appraised, clock: directory.clock })
  const place = { epoch: 2, sequence: 0 }
  const zeros = { nonce: ZERO_HASH, exporter: ZERO_HASH, directoryCa: ZERO_HASH, head: ZERO_HASH, posture: ZERO_HASH }
  const binding = toBase64Url(bindingOf({ ...zeros, ...place, purpose: 'attest', subject: sha256(device) }))
  const attestation: Attestation = {
    type: 'attestation',
    purpose: 'attest',
    nonce: toBase64Url(ZERO_HASH),
    binding,
    ...place,
    device,
    head: ZEROS,
    posture: ZEROS,
  }
  const frame = await signJws('attestation', attestation, DEVICE_KEY.sign)
  // A human lets the device enrol anew, with another key, while the holder of the old one is at its handshake.
  directory.database.prepare('UPDATE devices SET epoch = 2, sequence = 0, head = ? WHERE id = ?').run(ZEROS, device)
  const attesting = { device, key: importP256(DEVICE_KEY.spki), challenge, fresh: true }
  await expect(accept(frame, { ...attesting, epoch: 1 })).rejects.toMatchObject({ code: 'EPOCH_MISMATCH' })
  expect((await directory.store.devices.get(device))?.attestationFailure).toBeUndefined()
})
