import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { importP256, signJws, verifyJws } from '../../../src/crypto/jws.ts'
import type { Activity } from '../../../src/directory/activity/activity.ts'
import { restoreDetector } from '../../../src/directory/evidence/restored-from-backup.ts'
import type { Ack } from '../../../src/protocol/messages/frames.ts'
import type { JwsKind } from '../../../src/protocol/messages/jws-types.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { DEVICE_KEY } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

const DEVICE = { id: `dev_${'A'.repeat(22)}`, epoch: 2, sequence: 50 }
const stranger = testKey('stranger')

function signedAck(change: Partial<Ack> = {}, { key = DEVICE_KEY, kind = 'ack' as JwsKind } = {}): Promise<string> {
  const ack = { type: 'ack', device: DEVICE.id, epoch: 2, sequence: 80, head: ZEROS, time: 7, ...change }
  return signJws(kind, ack, key.sign)
}

function directory({ earlier = 0, failing = false } = {}) {
  const events: Activity[] = []
  const warnings: string[] = []
  const own = importP256(DEVICE_KEY.spki)
  const detector = restoreDetector({
    store: {
      transaction: (work) => work(),
      activity: {
        async add(event) {
          if (failing) throw new SuretyError('STORE_FAILED', 'the disk')
          events.push(event)
        },
        enter: async () => {},
        count: async () => earlier + events.length,
      },
    },
    clock: { now: () => 9 },
    log: { ...silentLog, warn: (message) => warnings.push(message) },
    verify: (jws) => verifyJws(jws, own),
  })
  return { events, warnings, restoreDetector: detector }
}

test('records missing batches when our acknowledgement is ahead of the stored chain', async () => {
  const { events, warnings, restoreDetector } = directory()
  await restoreDetector.checkAcknowledgement(DEVICE, await signedAck())
  const detail = { epoch: 2, firstSequence: 51, lastSequence: 80, batches: 30, acknowledgedAt: 7 }
  expect(events).toEqual([{ at: 9, kind: 'evidence-forgotten', device: DEVICE.id, detail }])
  expect(warnings).toEqual(['the directory was restored from a backup and lacks evidence'])
})

test.each<[string, () => Promise<string | undefined>, boolean]>([
  ['nothing', async () => undefined, false],
  ['an acknowledgement of what is stored', () => signedAck({ sequence: 50 }), false],
  ['an acknowledgement of less than is stored', () => signedAck({ sequence: 3 }), false],
  ['an acknowledgement for another device', () => signedAck({ device: `dev_${'B'.repeat(21)}A` }), false],
  ['an acknowledgement of another epoch', () => signedAck({ epoch: 1 }), false],
  ['an acknowledgement by another key', () => signedAck({}, { key: stranger }), true],
  ['a welcome', () => signedAck({}, { kind: 'welcome' }), true],
  ['a frame of another type', () => signedAck({ type: 'hello' as never }), true],
  ['a negative sequence', () => signedAck({ sequence: -1 }), true],
  ['garbage', async () => 'a.b.c', true],
  ['a changed signature', async () => `${(await signedAck()).slice(0, -86)}${'A'.repeat(86)}`, true],
])('who shows %s proves nothing, and is not kept away', async (_, receipt, isLogged) => {
  const { events, warnings, restoreDetector } = directory()
  await restoreDetector.checkAcknowledgement(DEVICE, await receipt())
  expect(events).toEqual([])
  expect(warnings).toEqual(isLogged ? ['a device presented an invalid acknowledgement'] : [])
})

test('a device that presents it repeatedly does not fill the activity', async () => {
  const { events, restoreDetector } = directory({ earlier: 99 })
  for (let each = 0; each < 3; each++) await restoreDetector.checkAcknowledgement(DEVICE, await signedAck())
  expect(events.map(({ detail }) => detail?.moreNotKept)).toEqual([true])
})

test('a full disk is not the fault of the device', async () => {
  const { restoreDetector } = directory({ failing: true })
  const receipt = await signedAck()
  await expect(() => restoreDetector.checkAcknowledgement(DEVICE, receipt)).rejects.toThrow(
    expect.objectContaining({ code: 'STORE_FAILED' }),
  )
})
