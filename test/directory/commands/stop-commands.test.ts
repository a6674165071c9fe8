import type { StopView } from '../../../src/protocol/api-stops.ts'
import type { Order } from '../../../src/protocol/order.ts'
import type { StopReceipt } from '../../../src/protocol/stop.ts'
import { newTestId, startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { answer, frozen, nothing, seedDevices, work } from '../stops/stop-fixture.ts'

const HOUR_MS = 3_600_000
let directory: TestDirectory
beforeEach(async () => {
  directory = await startTestDirectory({ stops: { confirmAbove: 2, emergency: false } })
})
afterEach(() => directory[Symbol.asyncDispose]())

const run = (...args: readonly string[]) => runCommand(directory, ['stops', ...args])
const stopOf = async (...args: readonly string[]): Promise<StopView> =>
  JSON.parse((await run('create', ...args, '--reason', 'r', '--json')).out).stop

test('a stop is created, shown with its worst devices first, and released', async () => {
  await seedDevices(directory, 2, 1)
  const created = await run('create', '--all', '--reason', 'code freeze')
  const [, id = ''] = /^Stop (stop_\S+) is in force\.\n$/.exec(created.out) ?? []
  expect(created).toMatchObject({ exitCode: 0, err: '' })
  for (const order of work(directory)) answer(directory, order, { stop: { ...frozen(2, 5), weaknesses: ['signals'] } })
  const shown = (await run('show', id)).out
  expect(shown).toMatch(/answers +1 of 2 devices done: 1 unreachable, 1 frozen \(2 agents, 5 processes\)\n/)
  expect(shown).toMatch(/reason +code freeze\n/)
  expect(shown.indexOf('unreachable  dev_')).toBeGreaterThan(0)
  expect(shown.indexOf('unreachable  dev_')).toBeLessThan(shown.indexOf('frozen       dev_'))
  expect(shown).toMatch(/cgroup2, signals\n/)
  expect(shown).not.toMatch(DANGEROUS)
  expect((await run('show', id, '--devices', '1')).out).toMatch(/\nand 1 device more\n$/)
  const document = JSON.parse((await run('show', id, '--devices', '1', '--json')).out)
  expect([document.devices.length, document.moreDevices]).toEqual([1, 1])
  expect((await run('release', id, '--reason', 'fixed')).out).toMatch(/^Stop stop_\S+ is not in force: released\.\n/)
  expect((await run('list')).out).toMatch(
    /stop_\S+ +freeze +released +just now +administrator +all agents on all devices/,
  )
})

test('a device is named by its host name, an end by a duration or a time', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  directory.database.exec("UPDATE devices SET label_json = json_set(label_json, '$.hostname', 'laptop-7')")
  const until = async (text: string) => (await stopOf('--device', 'laptop-7', '--until', text)).endsAt
  expect(await until('8h')).toBe(directory.clock.now() + 8 * HOUR_MS)
  expect(await until('2199-01-31T18:00:00Z')).toBe(Date.UTC(2199, 0, 31, 18))
  expect(await until('2199-01-31T18:00+02:00')).toBe(Date.UTC(2199, 0, 31, 16))
  const stop = await stopOf('--device', 'laptop-7', '--user', 'ada', '--kind', 'retire')
  expect(stop).toMatchObject({ kind: 'retire', selector: { device, user: 'ada' } })
})

test('a dry run names what would stop, and notes stand on standard error', async () => {
  await seedDevices(directory, 3)
  const { out, err } = await run('create', '--all', '--reason', 'r', '--dry-run')
  expect(out).toMatch(/^devices +3 of 3 have an agent that would stop\nagents +6\n/)
  expect(out).toMatch(/\nowners +1: alice@example\.org\n/)
  expect(out).toMatch(/\nA second person has to confirm such a stop\.\n$/)
  expect(out).not.toMatch(DANGEROUS)
  expect(err).toBe('')
  const none = await run('create', '--product', 'cluade\u001b[31m', '--reason', 'r', '--dry-run')
  expect(none.err).toMatch(/^note: no device ever reported the product .*\nnote: nothing that runs now matches/)
  expect(none.err).not.toMatch(DANGEROUS)
  expect(directory.store.stops.list({ limit: 9 }, 0)).toEqual([])
})

describe('a stop that waits for a second person', () => {
  const waits = /waits for a second person until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ/
  let id = ''
  beforeEach(async () => {
    await seedDevices(directory, 3)
    const { out } = await run('create', '--all', '--reason', 'r')
    id = out.split(' ')[1] ?? ''
    expect(out).toMatch(new RegExp(`^Stop ${id} is not in force: ${waits.source}\\.\n`))
    expect(out).toContain(`\nAnother person confirms it: surety-directory stops confirm ${id}\n`)
  })

  test('is nowhere said to be in force or done', async () => {
    const { out } = await run('show', id)
    expect(out).toMatch(new RegExp(`\nin force +NO, ${waits.source}\n`))
    expect(out).toMatch(/\nanswers +sent to no device\ndone +no\n$/)
    expect((await run('list')).out).toMatch(/ waiting, NOT IN FORCE .* sent to no device /)
    expect(JSON.parse((await run('show', id, '--json')).out).stop.progress.done).toBe(false)
    expect(JSON.parse((await run('list', '--json')).out).stops[0].progress.done).toBe(false)
  })

  test('is not confirmed by the person who asked for it', async () => {
    expect(await run('confirm', id)).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('administrator asked for this: another person must confirm it'),
    })
  })

  test.each([
    ['once it is withdrawn', 'withdrawn', () => run('release', id, '--reason', 'x')],
    ['once nobody has confirmed it', 'nobody confirmed it in time', () => directory.clock.advance(25 * HOUR_MS)],
  ])('is neither in force nor done %s', async (_name, why, end) => {
    await end()
    expect((await run('show', id)).out).toMatch(new RegExp(`\nin force +NO, ${why}\n(.*\n)+done +no\n$`))
    expect((await run('watch', id)).out).toMatch(new RegExp(`Z  not in force: ${why}; sent to no device\n$`))
  })
})

test('a stop of no device at all is in force, and not done', async () => {
  const { id, progress } = await stopOf('--all')
  work(directory)
  expect(progress.done).toBe(false)
  const { out } = await run('show', id)
  expect(out).toMatch(/\nin force +yes\n(.*\n)+answers +sent to no device\ndone +no\n$/)
  // Nobody's answer is awaited.
  expect((await run('watch', id)).exitCode).toBe(0)
})

test('drills are ordered one by one, or all at once', async () => {
  const devices = await seedDevices(directory, 3)
  const two = devices.slice(0, 2)
  const one = JSON.parse((await run('drill', '--device', ...two, '--reason', 'r', '--json')).out)
  expect(one.drills.map(({ selector }: StopView) => selector)).toEqual(two.map((device) => ({ device })))
  expect((await run('drill', '--all', '--reason', 'r')).out).toMatch(
    /^Drill (stop_\S+) is under way\. Follow it: .* stops watch \1\n$/,
  )
  expect(work(directory).map(({ kind }) => kind)).toEqual(Array(5).fill('drill'))
})

describe('watch', () => {
  const answerAll = (orders: readonly Order[], stop: StopReceipt) => {
    for (const order of orders) answer(directory, order, { stop })
  }

  test('tells each change and ends when every device is done', async () => {
    await seedDevices(directory, 2)
    const { id } = await stopOf('--all')
    const steps = [
      () => answerAll(work(directory).slice(0, 1), frozen(1, 1)),
      () => undefined,
      () => directory.clock.advance(25 * HOUR_MS),
      () => answerAll(work(directory), nothing),
    ]
    const pause = async () => void (await steps.shift()?.())
    const { exitCode, out } = await runCommand(directory, ['stops', 'watch', id], { pause })
    const lines = out.trimEnd().split('\n')
    expect(exitCode).toBe(0)
    expect(lines.map((line) => line.slice(22))).toEqual([
      'in force; sent to no device',
      'in force; 1 of 2 devices done: 1 frozen (1 agent, 1 process)',
      'in force; 2 of 2 devices done: 1 frozen (1 agent, 1 process), 1 had nothing to stop',
    ])
  })

  test('fails once all have answered and some failed', async () => {
    await seedDevices(directory, 1)
    const { id } = await stopOf('--all')
    for (const order of work(directory)) answer(directory, order, { outcome: 'failed', code: 'STOP_INCOMPLETE' })
    const { exitCode, err } = await run('watch', id)
    expect([exitCode, err]).toEqual([
      1,
      `surety-directory: 1 of 1 devices failed: surety-directory stops show ${id} [STOP_INCOMPLETE]\n`,
    ])
  })

  test('is one document a line, and ends when a person ends it', async () => {
    await seedDevices(directory, 1)
    const { id } = await stopOf('--all')
    const ending = new AbortController()
    const others = { untilInterrupted: () => ending.signal, pause: async () => ending.abort() }
    const { exitCode, out } = await runCommand(directory, ['stops', 'watch', id, '--json'], others)
    expect(exitCode).toBe(0)
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).schema),
    ).toEqual(['surety-directory/stop@1'])
  })
})

test.each([
  [
    'no selector',
    ['create', '--reason', 'r'],
    1,
    'select all, a device, an agent, a product, a user, a registration, a human or a group',
  ],
  [
    'an agent of a product',
    ['create', '--agent', '0'.repeat(32), '--product', 'x', '--reason', 'r'],
    1,
    'agent goes with no product',
  ],
  ['no reason', ['create', '--all'], 2, "required option '--reason <text>' not specified"],
  ['an empty reason', ['create', '--all', '--reason', ''], 2, 'is empty'],
  ['an unknown kind', ['create', '--all', '--reason', 'r', '--kind', 'kill'], 2, 'freeze, retire'],
  ['no time', ['create', '--all', '--reason', 'r', '--until', 'soon'], 2, 'a time is 90m, 8h, 7d'],
  ['no real time', ['create', '--all', '--reason', 'r', '--until', '2027-13-31T18:00:00Z'], 2, 'a time is'],
  ['a time that passed', ['create', '--all', '--reason', 'r', '--until', '2020-01-31T18:00:00Z'], 1, 'has passed'],
  ['an unknown device', ['create', '--device', 'nowhere', '--reason', 'r'], 1, 'no device has the id'],
  ['a forbidden emergency', ['create', '--all', '--reason', 'r', '--emergency'], 1, 'stops.emergency'],
  ['a part of an id', ['show', 'stop_AAAA'], 1, 'List them with: surety-directory stops list'],
  ['another id', ['release', newTestId('ord'), '--reason', 'r'], 1, 'no stop has the name'],
  ['an unknown stop', ['confirm', `stop_${'A'.repeat(22)}`], 1, 'there is no stop'],
  ['an unknown state', ['list', '--state', 'frozen'], 2, 'waiting, lapsed'],
  ['too many devices', ['show', `stop_${'A'.repeat(22)}`, '--devices', '501'], 2, 'a whole number from 1 to 500'],
  ['a drill of nothing', ['drill', '--reason', 'r'], 1, 'a drill is of --all devices'],
  ['a drill of all and one', ['drill', '--all', '--device', 'x', '--reason', 'r'], 1, 'a drill is of --all devices'],
])('%s is refused', async (_name, args, code, message) => {
  await seedDevices(directory, 1)
  const { exitCode, out, err } = await run(...args)
  expect({ exitCode, out }).toEqual({ exitCode: code, out: '' })
  expect(err).toContain(message)
  expect(directory.store.stops.list({ limit: 9 }, 0)).toEqual([])
})
