import { toBase64Url } from '../../../src/base/bytes.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { connectWebSocket } from '../../../src/daemon/stream/connection.ts'
import { openKeys } from '../../../src/keys/open-keys.ts'
import { type FakeWire, fakeDirectory, sampleOrder, stranger, ZEROS } from '../../support/daemon/fake-directory.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { signRaw } from '../../support/protocol/raw-jws.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { outcomeOf } from './stream-outcomes.ts'

describe('ends the session when an authenticated directory tries to', () => {
  test.each<[string, string, (wire: FakeWire) => Promise<unknown>]>([
    ['acknowledge other bytes', 'EVIDENCE_FORKED', (wire) => wire.ack({ sequence: 1, head: 'B'.repeat(43) })],
    ['acknowledge what was not signed', 'EVIDENCE_FORKED', (wire) => wire.ack({ sequence: 99, head: 'B'.repeat(43) })],
    ['acknowledge with another key', 'SIGNATURE_INVALID', (wire) => wire.ack({ sequence: 1, head: ZEROS }, stranger)],
    [
      'acknowledge for another device',
      'EPOCH_MISMATCH',
      (wire) => wire.ack({ sequence: 1, head: ZEROS, device: `dev_${'B'.repeat(21)}A` }),
    ],
    ['acknowledge for another epoch', 'EPOCH_MISMATCH', (wire) => wire.ack({ sequence: 1, head: ZEROS, epoch: 2 })],
    [
      'order with the acknowledgement key',
      'SIGNATURE_INVALID',
      async (wire) => {
        const ack = wire.authority.signAcknowledgement('ack', sampleOrder())
        const order = wire.authority.signOrder('order', sampleOrder())
        wire.send([order.split('.')[0], ...ack.split('.').slice(1)].join('.'))
      },
    ],
    ['order with an unknown key', 'SIGNATURE_INVALID', (wire) => wire.order({}, stranger)],
    ['challenge without a request', 'FRAME_UNEXPECTED', (wire) => wire.challenge()],
    [
      'send evidence',
      'FRAME_UNEXPECTED',
      async (wire) => wire.send(await signRaw('evidence', { payload: '{}' }, stranger)),
    ],
    ['send a binary frame', 'FRAME_MALFORMED', async (wire) => wire.send(Buffer.from('binary') as never)],
  ])('%s: %s', async (_, code, misbehave) => {
    const outcome = await outcomeOf(async (wire) => {
      await wire.welcome()
      await wire.evidence()
      await misbehave(wire)
      for (;;) await wire.next()
    })
    expect(outcome).toMatchObject({ code, enrolment: 'enrolled' })
  })

  test.each([
    ['DEVICE_RETIRED', ['DEVICE_RETIRED'], 'retired'],
    ['DEVICE_UNKNOWN', ['DIRECTORY_REFUSES'], 'enrolled'],
    ['EVIDENCE_FORKED', ['CHAIN_FORKED'], 'enrolled'],
    ['SESSION_SUPERSEDED', [], 'enrolled'],
  ])('shows a refusal %s as warnings %j and the enrolment as %s', async (code, health, enrolment) => {
    const outcome = await outcomeOf(async (wire) => {
      await wire.welcome()
      wire.refuse(code)
    })
    expect(outcome).toEqual({ code, enrolment, health })
  })
})

test.each<[string, string, (wire: FakeWire) => Promise<unknown>]>([
  ['the hello', 'FRAME_MALFORMED', (wire) => wire.next()],
  ['the attestation', 'ATTESTATION_PCR_MISMATCH', (wire) => wire.greet()],
  ['its evidence', 'QUOTA_EXCEEDED', (wire) => wire.welcome()],
  ['the session', 'SESSION_LIMIT', (wire) => wire.welcome()],
])('warns when the directory keeps refusing %s of an enrolled device, until it stops', async (_, code, until) => {
  let refusing = true
  await using directory = await fakeDirectory(async (wire) => {
    if (wire.number > 0 && refusing) {
      await until(wire)
      return wire.refuse(code)
    }
    await wire.welcome()
    if (wire.number > 0) for (;;) await wire.next()
  })
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: directory.enrolment })
  await daemon.untilStatus(({ directory: { lastError } }) => lastError?.code === code)
  daemon.refresh()
  const warned = await daemon.untilStatus(({ health }) => health.length > 0)
  expect([warned.health.map((one) => one.code), warned.directory.lastError?.code]).toEqual([
    ['DIRECTORY_REFUSES'],
    code,
  ])
  refusing = false
  daemon.refresh()
  await daemon.untilStatus(({ health, directory: { connected } }) => connected && health.length === 0)
})

describe('an enrolled device opens its key and connects at the same time', () => {
  /** Enrols a device and restarts it. Once it has a connection, `open` decides how its key opens. */
  async function restartWith(open: (usual: () => ReturnType<typeof openKeys>) => ReturnType<typeof openKeys>) {
    const stack = new AsyncDisposableStack()
    const closed = Promise.withResolvers<void>()
    const directory = stack.use(
      await fakeDirectory(async (wire) => {
        if (wire.number === 0) return await wire.welcome()
        await wire.welcome().catch(() => closed.resolve())
        await wire.next().catch(() => closed.resolve())
      }),
    )
    const { path: stateFolder } = stack.use(temporaryFolder())
    {
      await using first = runningDaemon({ stateFolder, enrolment: directory.enrolment })
      await first.until('attested')
    }
    const hellosBefore = directory.hellos.length
    const connected = Promise.withResolvers<void>()
    const usual = () =>
      openKeys(
        { clock: systemClock },
        { stateFolder, want: 'software', tpm: {} },
        { signal: new AbortController().signal },
      )
    const daemon = stack.use(
      runningDaemon({
        stateFolder,
        components: {
          connect: async (...args) => {
            const connection = await connectWebSocket(...args)
            connected.resolve()
            return connection
          },
          openKeys: async () => {
            await connected.promise
            return await open(usual)
          },
        },
      }),
    )
    return {
      daemon,
      closed: closed.promise,
      hellos: () => directory.hellos.length - hellosBefore,
      end: () => stack.disposeAsync(),
    }
  }

  test('and sends its hello once it has both', async () => {
    const { daemon, end } = await restartWith((usual) => usual())
    await daemon.until('attested')
    await end()
  })

  test('and closes the unused connection when the key cannot be opened', async () => {
    const { daemon, closed, hellos, end } = await restartWith(async () => {
      throw new SuretyError('TPM_UNAVAILABLE', 'no TPM')
    })
    await closed
    await daemon.untilStatus(({ directory: { lastError } }) => lastError?.code === 'TPM_UNAVAILABLE')
    expect(hellos()).toBe(0)
    await end()
  })
})

test('sends the same bytes again after a lost connection, in order, only the missing', async () => {
  const seen: string[][] = []
  await using directory = await fakeDirectory(async (wire) => {
    const frames: string[] = []
    seen.push(frames)
    const last = wire.number === 2
    await wire.welcome(last ? { sequence: 1, head: toBase64Url(sha256(seen[0]?.[0] ?? '')) } : {})
    while (frames.length < (last ? 1 : 2)) frames.push((await wire.evidence()).jws)
    if (last) for (;;) await wire.next()
  })
  using folder = temporaryFolder()
  const found = findingsOf(0)
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: directory.enrolment, found })
  await daemon.until('collected')
  Object.assign(found, findingsOf(1))
  daemon.refresh()
  await daemon.untilStatus(() => seen[2]?.length === 1)
  expect([seen[1], seen[2]]).toEqual([seen[0], seen[0]?.slice(1)])
})

test('sends acknowledged batches again to a directory that has lost them', async () => {
  const sequences: unknown[] = []
  await using directory = await fakeDirectory(async (wire) => {
    await wire.welcome()
    const { jws, payload } = await wire.evidence()
    sequences.push(payload.sequence)
    await wire.ack({ sequence: 1, head: toBase64Url(sha256(jws)) })
    if (wire.number > 0) for (;;) await wire.next()
  })
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: directory.enrolment })
  await daemon.untilStatus(() => sequences.length === 2)
  expect(sequences).toEqual([1, 1])
})

describe('orders', () => {
  /** The receipts of a device that gets orders by `send`, up to the receipt of number `last`. */
  async function receiptsOf(send: (wire: FakeWire) => Promise<void>, last: number, welcome: object = {}) {
    const receipts: unknown[] = []
    const done = Promise.withResolvers<void>()
    await using directory = await fakeDirectory(async (wire) => {
      await wire.welcome({ ...welcome })
      await wire.evidence()
      await send(wire)
      for (;;) {
        const { payload } = await wire.evidence()
        for (const receipt of (payload.receipts ?? []) as { number: number }[]) {
          const { time: _, ...rest } = receipt as { time?: number; number: number }
          receipts.push(rest)
          if (receipt.number === last) done.resolve()
        }
      }
    })
    using folder = temporaryFolder()
    await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: directory.enrolment })
    await done.promise
    return { receipts, status: await daemon.status() }
  }
  const id = (letter: string) => `ord_${letter.repeat(21)}A`

  test('acts once on an order, and ignores a repeated or older one', async () => {
    const { receipts } = await receiptsOf(async (wire) => {
      await wire.order({ number: 5, id: id('E') })
      await wire.order({ number: 5, id: id('E') })
      await wire.order({ number: 4, id: id('D') })
      await wire.order({ number: 6, id: id('F') })
    }, 6)
    expect(receipts).toEqual([
      { order: id('E'), number: 5, outcome: 'done' },
      { order: id('F'), number: 6, outcome: 'done' },
    ])
  })

  test('answers an order as expired by the time of the directory, not by its own clock', async () => {
    const { receipts } = await receiptsOf((wire) => wire.order({ notAfter: Date.now() - 1 }), 1)
    expect(receipts).toEqual([{ order: id('A'), number: 1, outcome: 'expired', code: 'ORDER_EXPIRED' }])
  })

  test.each(['freeze', 'retire', 'release', 'drill'])('refuses %s instead of ignoring it', async (kind) => {
    const { receipts } = await receiptsOf((wire) => wire.order({ kind }), 1)
    expect(receipts).toEqual([{ order: id('A'), number: 1, outcome: 'refused', code: 'ORDER_REFUSED' }])
  })

  test.each([
    ['device', { device: `dev_${'B'.repeat(21)}A` }],
    ['epoch', { epoch: 2 }],
  ])('does not act on an order for another %s, and warns', async (_, change) => {
    const { receipts, status } = await receiptsOf(async (wire) => {
      await wire.order({ ...change, number: 7 })
      await wire.order({ number: 1 })
    }, 1)
    expect(receipts).toEqual([{ order: id('A'), number: 1, outcome: 'done' }])
    expect(status.health.map(({ code }) => code)).toEqual(['ORDERS_REFUSED'])
  })

  test('adopts the newest number of a welcome before it acts', async () => {
    const { receipts } = await receiptsOf(
      async (wire) => {
        await wire.order({ number: 8, id: id('H') })
        await wire.order({ number: 10, id: id('J') })
      },
      10,
      { order: 9 },
    )
    expect(receipts).toEqual([{ order: id('J'), number: 10, outcome: 'done' }])
  })

  test('carries out a pending order to attest on the connection that brings it', async () => {
    const done = Promise.withResolvers<unknown>()
    await using directory = await fakeDirectory(async (wire) => {
      await wire.welcome({ order: 1, orders: [wire.authority.signOrder('order', sampleOrder({ kind: 'attest' }))] })
      for (;;) {
        const frame = await wire.next()
        if (frame.startsWith('{')) {
          if (JSON.parse(frame).type === 'renew') await wire.challenge()
          continue
        }
        const { receipts } = JSON.parse(Buffer.from(frame.split('.')[1] ?? '', 'base64url').toString())
        if (receipts !== undefined) done.resolve(receipts)
      }
    })
    using folder = temporaryFolder()
    await using _ = runningDaemon({ stateFolder: folder.path, enrolment: directory.enrolment })
    expect(await done.promise).toEqual([{ order: id('A'), number: 1, outcome: 'done', time: expect.any(Number) }])
  })
})

function findingsOf(number: number) {
  return {
    findings: [{ check: 'boot.secure-boot', state: 'fail' as const, detail: `finding ${number}` }],
    observed: { sightings: [], sources: [] },
  }
}
