import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { importP256, signJws, verifyJws } from '../../../src/crypto/jws.ts'
import type { Activity } from '../../../src/directory/activity/activity.ts'
import { forgottenEvidence } from '../../../src/directory/evidence/forgotten.ts'
import type { Ack } from '../../../src/protocol/frames.ts'
import type { JwsKind } from '../../../src/protocol/jws-types.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { DEVICE_KEY } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

const DEVICE = { id: `dev_${'A'.repeat(22)}`, epoch: 2, sequence: 50 }
const stranger = testKey('stranger')

function told(change: Partial<Ack> = {}, { key = DEVICE_KEY, kind = 'ack' as JwsKind } = {}): Promise<string> {
  const ack = { type: 'ack', device: DEVICE.id, epoch: 2, sequence: 80, head: ZEROS, time: 7, ...change }
  return signJws(kind, ack, key.sign)
}

function directory({ earlier = 0, failing = false } = {}) {
  const events: Activity[] = []
  const warnings: string[] = []
  const own = importP256(DEVICE_KEY.spki)
  const forgotten = forgottenEvidence({
    store: {
      activity: {
        add(event) {
          if (failing) throw new SuretyError('STORE_FAILED', 'the disk')
          events.push(event)
        },
        count: () => earlier + events.length,
      },
    },
    clock: { now: () => 9 },
    log: { ...silentLog, warn: (message) => warnings.push(message) },
    verify: (jws) => verifyJws(jws, own),
  })
  return { events, warnings, forgotten }
}

test('our own acknowledgement of more than we hold is the proof, and the record says what is missing', async () => {
  const { events, warnings, forgotten } = directory()
  forgotten.shown(DEVICE, await told())
  const detail = { epoch: 2, firstSequence: 51, lastSequence: 80, batches: 30, acknowledgedAt: 7 }
  expect(events).toEqual([{ at: 9, kind: 'evidence-forgotten', device: DEVICE.id, detail }])
  expect(warnings).toEqual(['restored from a backup: evidence was forgotten'])
})

test.each<[string, () => Promise<string | undefined>, boolean]>([
  ['nothing', async () => undefined, false],
  ['what we hold', () => told({ sequence: 50 }), false],
  ['less than we hold', () => told({ sequence: 3 }), false],
  ['what was told to another device', () => told({ device: `dev_${'B'.repeat(21)}A` }), false],
  ['what was told in another epoch', () => told({ epoch: 1 }), false],
  ['what somebody else signed', () => told({}, { key: stranger }), true],
  ['a welcome', () => told({}, { kind: 'welcome' }), true],
  ['what is no acknowledgement', () => told({ type: 'hello' as never }), true],
  ['a number that is none', () => told({ sequence: -1 }), true],
  ['garbage', async () => 'a.b.c', true],
  ['a signature that was touched', async () => `${(await told()).slice(0, -86)}${'A'.repeat(86)}`, true],
])('who shows %s proves nothing, and is not kept away', async (_, receipt, isLogged) => {
  const { events, warnings, forgotten } = directory()
  forgotten.shown(DEVICE, await receipt())
  expect(events).toEqual([])
  expect(warnings).toEqual(isLogged ? ['a device shows an acknowledgement that is not of this directory'] : [])
})

test('a device that shows it for ever does not fill the record', async () => {
  const { events, forgotten } = directory({ earlier: 99 })
  for (let each = 0; each < 3; each++) forgotten.shown(DEVICE, await told())
  expect(events.map(({ detail }) => detail?.moreNotKept)).toEqual([true])
})

test('a disk that cannot keep the record is no fault of the device', async () => {
  const { forgotten } = directory({ failing: true })
  const receipt = await told()
  expect(() => forgotten.shown(DEVICE, receipt)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
})
