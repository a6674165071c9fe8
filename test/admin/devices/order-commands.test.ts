import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'

let directory: TestDirectory
let device: string
directoryForAll(async (started) => {
  directory = started
  device = (await seedDevice(directory)).device
})

const HOUR_MS = 3_600_000

/** Orders with `--wait`. Between two looks the device answers, or time passes. */
async function order(between: () => Promise<void> | void, ...args: string[]) {
  let looks = 0
  const answer = await runCommand(directory, ['devices', 'order', device, 'attest', '--reason', 'audit', ...args], {
    pause: async () => {
      looks++
      await between()
    },
  })
  return { ...answer, looks }
}

async function receipt(outcome: 'done' | 'failed' | 'refused', code?: 'TPM_BUSY') {
  const [newest] = await directory.store.orders.list(device, { limit: 1 }, directory.clock.now())
  if (newest === undefined) throw new Error('there is no order')
  const time = directory.clock.now()
  const given = { order: newest.id, number: newest.number, outcome, time, ...(code === undefined ? {} : { code }) }
  await directory.store.orders.putReceipt(device, given, time)
}

test('waits until the device has answered', async () => {
  let rounds = 0
  const { exitCode, out, looks } = await order(async () => {
    rounds++
    if (rounds === 3) await receipt('done')
  }, '--wait')
  expect({ exitCode, out, looks }).toEqual({
    exitCode: 0,
    looks: 3,
    out: expect.stringMatching(/^order ord_\S+ \(number 1, attest\) is done\n$/),
  })
})

test.each([
  ['failed', 'TPM_BUSY', ' is failed (TPM_BUSY)'],
  ['refused', undefined, ' is refused'],
] as const)('an order that is %s is a failure', async (outcome, code, words) => {
  const { exitCode, out, err } = await order(() => receipt(outcome, code), '--wait', '2m', '--json')
  expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
  expect(JSON.parse(err).error).toMatchObject({ code: 'ORDER_REFUSED', message: expect.stringContaining(words) })
})

test('gives up after the time, and the order stays', async () => {
  const { exitCode, err } = await order(() => directory.clock.advance(30_000), '--wait', '2m')
  expect({ exitCode, err }).toEqual({
    exitCode: 1,
    err: expect.stringMatching(/no answer within 2m: order ord_\S+ \(number 1, attest\) is pending until 20/),
  })
  expect(await directory.store.orders.list(device, { limit: 9 }, directory.clock.now())).toMatchObject([
    { status: 'pending' },
  ])
})

test('an order that ran out while it was waited for is a failure', async () => {
  const { exitCode, err } = await order(() => directory.clock.advance(25 * HOUR_MS), '--wait', '7d')
  expect({ exitCode, err }).toEqual({ exitCode: 1, err: expect.stringContaining('is expired') })
})

test('another order that comes meanwhile is not taken for ours', async () => {
  let rounds = 0
  const { exitCode, out } = await order(async () => {
    rounds++
    if (rounds === 1) {
      await receipt('done')
      await directory.services.orders.issue({ device, kind: 'collect', reason: 'x' }, 'adm_test')
    }
  }, '--wait')
  expect({ exitCode, out }).toEqual({ exitCode: 0, out: expect.stringContaining('(number 1, attest) is done') })
})

test('without --wait it answers at once', async () => {
  const { exitCode, out, looks } = await order(() => undefined)
  expect({ exitCode, looks, pending: out.includes('is pending until') }).toEqual({
    exitCode: 0,
    looks: 0,
    pending: true,
  })
})

test('orders to a device are listed, newest first', async () => {
  expect((await runCommand(directory, ['devices', 'orders', device])).err).toBe('no orders\n')
  await order(() => receipt('failed', 'TPM_BUSY'), '--wait')
  await order(() => undefined)
  const { out } = await runCommand(directory, ['devices', 'orders', device, '-o', 'table'])
  const rows = out.split('\n').map((line) => line.trim().split(/ {2,}/))
  expect(rows[0]?.slice(0, 4)).toEqual(['NUMBER', 'KIND', 'STATUS', 'CODE'])
  expect(rows.slice(1, 3).map((row) => row.slice(0, 4))).toEqual([
    ['2', 'attest', 'pending', '-'],
    ['1', 'attest', 'failed', 'TPM_BUSY'],
  ])
  const limited = ['devices', 'orders', device, '--limit', '1', '--json']
  expect(JSON.parse((await runCommand(directory, limited)).out).orders).toMatchObject([{ number: 2 }])
  expect(rows[3]).toEqual(['2 orders'])
})

test.each([
  [['devices', 'order', 'laptop', 'attest', '--reason', 'x', '--wait'], 1, 'no device has the id'],
  [['devices', 'order', 'laptop', 'freeze', '--reason', 'x'], 2, 'an order is one of attest, collect'],
  [['devices', 'order', 'laptop', 'attest', '--reason', 'x', '--wait', 'long'], 2, 'a time is a number'],
  [['devices', 'order', 'laptop', 'attest'], 2, '--reason'],
  [['devices', 'orders', 'laptop'], 1, 'no device has the id'],
  [['devices', 'orders'], 2, 'device'],
] as const)('%j is refused', async (args, code, words) => {
  const { exitCode, out, err } = await runCommand(directory, args)
  expect({ exitCode, out }).toEqual({ exitCode: code, out: '' })
  expect(err).toContain(words)
})
