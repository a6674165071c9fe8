import { splitJws } from '../../src/crypto/jws.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { runningDirectory } from '../support/directory/running-directory.ts'
import { hashOf, nextAck, ZEROS } from '../support/directory/scripted-device.ts'

test('a device enrols, sends evidence, gets acknowledgements, and survives a restart', async () => {
  await using running = await runningDirectory()
  const device = running.device()
  const { wire, welcome } = await device.enrol(await running.token())
  expect(welcome).toEqual({
    type: 'welcome',
    nonce: expect.any(String),
    status: 'accepted',
    device: expect.stringMatching(/^dev_/),
    epoch: 1,
    tier: 'software',
    sequence: 0,
    head: ZEROS,
    time: expect.any(Number),
    order: 0,
    orders: [],
    attestEveryMs: 3_600_000,
  })
  expect((await wire.nextOf('result')).payload.result).toMatchObject({ verdict: 'unknown', tier: 'software' })

  const first = await device.batch({ findings: [{ check: 'tpm.present', state: 'fail', detail: 'none' }] })
  wire.send(first)
  expect(await nextAck(wire)).toEqual({ sequence: 1, head: hashOf(first) })
  const second = await device.batch()
  wire.send(second)
  expect(await nextAck(wire)).toEqual({ sequence: 2, head: hashOf(second) })

  await running.restart()
  const again = running.device()
  Object.assign(again, { ...device, init: again.init })
  const back = await again.connect()
  expect(back.welcome).toMatchObject({ status: 'accepted', epoch: 1, sequence: 2, head: hashOf(second) })
  back.wire.close()
})

test('a challenge carries the delegations of keys that a device trusts, and is small', async () => {
  await using running = await runningDirectory()
  const device = running.device()
  const wire = await device.dial()
  wire.send(device.helloToken(await running.token()))
  const { payload, text } = await wire.nextOf('challenge')
  const purposes = (payload.delegations as string[]).map(
    (compact) => JSON.parse(splitJws('delegation', compact).payload).purpose,
  )
  expect(purposes).toEqual(['orders', 'acknowledgements'])
  // What the flight of a TLS handshake takes, with a certificate of P-256 and its issuer: a larger write takes 16 KB for good.
  expect(text.length).toBeLessThan(2_048)
  wire.close()
})

test('stopping says goodbye to a connected device', async () => {
  await using running = await runningDirectory()
  const { wire } = await running.device().enrol(await running.token())
  await running.restart()
  expect(await wire.closed).toBe(1001)
})

test('a directory whose root key is gone does not make another', async () => {
  await using running = await runningDirectory()
  const { rm } = await import('node:fs/promises')
  const folder = String(running.rows('PRAGMA database_list')[0]?.file).replace('directory.sqlite', 'keys')
  await rm(`${folder}/root.public.pem`)
  await rm(`${folder}/root.key.pem`)
  const restarted = codeThrown(() => running.restart())
  expect(await restarted).toBe('STORE_CORRUPT')
})
