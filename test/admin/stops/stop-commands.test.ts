import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import type { Order } from '../../../src/protocol/messages/order.ts'
import type { StopView } from '../../../src/protocol/nouns/agents/stops.ts'
import type { StopReceipt } from '../../../src/protocol/stop.ts'
import { answer, frozen, nothing, seedDevices, work } from '../../directory/stops/stop-fixture.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'

const HOUR_MS = 3_600_000
let directory: TestDirectory
directoryForAll(
  (started) => {
    directory = started
  },
  { stops: { confirmAbove: 2, emergency: false } },
)

const run = (...args: readonly string[]) => runCommand(directory, ['stops', ...args])
const stopOf = async (...args: readonly string[]): Promise<StopView> =>
  JSON.parse((await run('create', ...args, '--reason', 'r', '--json')).out).stop

test('a stop is created, shown with its worst devices first, and released', async () => {
  await seedDevices(directory, 2, 1)
  const created = await run('create', '--all', '--reason', 'code freeze')
  const [, id = ''] =
    /^Stop (stop_\S+) is in force\.\nIt is still being sent: surety-directory stops watch \1\nRelease it: .* stops release \1 --reason TEXT\n$/.exec(
      created.out,
    ) ?? []
  expect(created).toMatchObject({ exitCode: 0, err: '' })
  await answerAll(await work(directory), { ...frozen(2, 5), weaknesses: ['signals'] })
  const shown = (await run('show', id)).out
  expect(shown).toMatch(/answers +1 of 2 devices done: 1 unreachable, 1 frozen \(2 agents, 5 processes\)\n/)
  expect(shown).toMatch(/reason +code freeze\n/)
  expect(shown.indexOf('unreachable  dev_')).toBeGreaterThan(0)
  expect(shown.indexOf('unreachable  dev_')).toBeLessThan(shown.indexOf('frozen       dev_'))
  expect(shown).toMatch(/cgroup2, signals\n/)
  expect(shown).toMatch(/\nsignals: processes were stopped by SIGSTOP, which any process of the same user can undo\n$/)
  expect(shown).not.toMatch(DANGEROUS)
  expect((await run('show', id, '--devices', '1')).out).toMatch(/\nand 1 device more\n$/)
  const document = JSON.parse((await run('show', id, '--devices', '1', '--json')).out)
  expect([document.devices.length, document.moreDevices]).toEqual([1, 1])
  expect((await run('release', id, '--reason', 'fixed')).out).toMatch(
    /^Stop (stop_\S+) is not in force: released\.\nIts agents resume as devices answer: .* stops watch \1\n$/,
  )
  expect((await run('list')).out).toMatch(
    /\nfreeze\treleased\t20\S+\tadministrator\tall agents on all devices\t.*\tstop_\S+\t/,
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
  expect(err).toMatch(/^note: there is nobody else who can confirm the stop now\nnote: for next time: .*\n$/)
  const none = await run('create', '--product', 'cluade\u200b', '--reason', 'r', '--dry-run')
  expect(none.err).toMatch(/^note: no device ever reported the product .*\nnote: nothing that runs now matches/)
  expect(none.err).not.toMatch(DANGEROUS)
  expect((await directory.store.stops.list({ limit: 9 }, 0)).items).toEqual([])
})

describe('a stop that waits for a second person', () => {
  const waits = /waits for a second person until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ/
  let [id, notes] = ['', '']
  beforeEach(async () => {
    await seedDevices(directory, 3)
    const { out, err } = await run('create', '--all', '--reason', 'r')
    id = out.split(' ')[1] ?? ''
    expect(out).toMatch(new RegExp(`^Stop ${id} is not in force: ${waits.source}\\.\n`))
    expect(out).toContain(`\nAnother person confirms it: surety-directory stops confirm ${id}\n`)
    notes = err
  })

  test('advises what to do without a second person, and nothing with one', async () => {
    // Emergencies are switched off here.
    const advice = [
      'there is nobody else who can confirm the stop now',
      'for next time: surety-directory administrators add NAME --role operator --out FILE; a new person can confirm after 24 hours',
    ]
    expect(notes).toBe(advice.map((line) => `note: ${line}\n`).join(''))
    const { out } = await run('create', '--all', '--reason', 'r', '--json')
    expect(JSON.parse(out).warnings).toEqual(advice)
    expect((await run('confirm', id)).err).toMatch(
      /stops create --kind freeze --emergency, for an hour, where stops\.emergency allows it; for next time, administrators add/,
    )
    await directory.services.principals.add(
      { kind: 'administrator', name: 'bob', role: 'operator', ttlMs: HOUR_MS },
      'adm_test',
    )
    expect((await run('create', '--all', '--reason', 'r')).err).toBe('')
  })

  test('is nowhere said to be in force or done', async () => {
    const { out } = await run('show', id)
    expect(out).toMatch(new RegExp(`\nin force +NO, ${waits.source}\n`))
    expect(out).toMatch(/\nanswers +sent to no device\ndone +no\n$/)
    expect((await run('list', '-o', 'table')).out).toMatch(/ waiting, NOT IN FORCE .* sent to no device /)
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
  await work(directory)
  expect(progress.done).toBe(false)
  const { out } = await run('show', id)
  expect(out).toMatch(/\nin force +yes\n(.*\n)+answers +sent to no device\ndone +no\n$/)
  // Nobody's answer is awaited.
  expect((await run('watch', id)).exitCode).toBe(0)
})

const answerAll = async (orders: readonly Order[], stop: StopReceipt) => {
  for (const order of orders) await answer(directory, order, { stop })
}

describe('the first answers', () => {
  /** Creates a stop and does one step in each pause. @returns the lines, with the id as ID. */
  const created = async (args: readonly string[], ...steps: (() => unknown)[]) => {
    const left = [...steps]
    let pauses = 0
    const pause = async () => {
      pauses++
      await left.shift()?.()
    }
    const { out, exitCode } = await runCommand(directory, ['stops', 'create', ...args, '--reason', 'r'], { pause })
    const [id = ''] = /stop_[\w-]+/.exec(out) ?? []
    return { exitCode, pauses, id, lines: out.trimEnd().replaceAll(id, 'ID').split('\n') }
  }
  const release = 'Release it: surety-directory stops release ID --reason TEXT'

  test('say what was frozen, after what time, and how it is released', async () => {
    await seedDevices(directory, 1)
    let orders: readonly Order[] = []
    const steps = [
      async () => {
        orders = await work(directory)
      },
      () => void directory.clock.advance(240),
      () => answerAll(orders, frozen(1, 3)),
    ]
    expect(await created(['--all'], ...steps)).toMatchObject({
      pauses: 3,
      lines: ['Stop ID is in force.', 'Frozen: 1 agent, 3 processes on 1 of 1 device (0.3 s).', release],
    })
  })

  test('say which devices failed, had nothing, or have not answered within the time', async () => {
    await seedDevices(directory, 2)
    const devices = await created(['--all'], async () => {
      const [one, two] = await work(directory)
      if (one === undefined || two === undefined) throw new Error('two orders were sent')
      await answer(directory, one, { outcome: 'failed', code: 'STOP_INCOMPLETE', stop: frozen(1, 1) })
    })
    expect(devices).toMatchObject({ exitCode: 0, pauses: 20 })
    expect(devices.lines).toEqual([
      ...['Stop ID is in force.', 'FAILED on 1 of 2 devices: surety-directory stops show ID'],
      ...['No answer yet from 1 of 2 devices: surety-directory stops watch ID', release],
    ])
  })

  test('are not awaited from devices that are not connected', async () => {
    await seedDevices(directory, 2, 1)
    const { lines, pauses } = await created(['--all', '--kind', 'retire'], async () => {
      await answerAll(await work(directory), nothing)
    })
    expect(pauses).toBe(1)
    expect(lines).toEqual([
      ...['Stop ID is in force.', 'Nothing to freeze on 1 of 2 devices: what starts later is frozen.'],
      ...['No answer yet from 1 of 2 devices, 1 of them not connected: surety-directory stops watch ID', release],
    ])
  })

  test('are awaited as long as is asked for, and not at all for a stop that waits', async () => {
    await seedDevices(directory, 3)
    const { items } = await directory.store.devices.list({ limit: 1 }, 0)
    const device = items[0]?.id ?? ''
    expect((await created(['--device', device, '--wait', '0'])).pauses).toBe(0)
    expect((await created(['--device', device, '--wait', '5'])).pauses).toBe(50)
    expect((await created(['--all'])).pauses).toBe(0)
  })

  test('are in the document too', async () => {
    const [device = ''] = await seedDevices(directory, 1)
    const pause = async () => {
      await answerAll(await work(directory), frozen(2, 5))
    }
    const args = ['stops', 'create', '--device', device, '--reason', 'r', '--json']
    const { schema, stop } = JSON.parse((await runCommand(directory, args, { pause })).out)
    expect([schema, stop.progress]).toMatchObject([
      'surety-directory/created-stop@1',
      { frozen: 1, agents: 2, done: true },
    ])
  })
})

describe('prints the id of a created stop after any failure', () => {
  const refused = new SuretyError('RATE_LIMITED', 'too many requests')
  const [stopPath, devicesPath] = [/^\/stops\/[^/]+$/, /^\/stops\/[^/]+\/devices/]
  /** Refuses what is asked of these paths by GET. */
  const refusing = (path: RegExp): typeof apiClient => {
    return (profile) => {
      const api = apiClient(profile)
      return {
        ask: (method, asked, ...others) =>
          method === 'GET' && path.test(asked) ? Promise.reject(refused) : api.ask(method, asked, ...others),
      }
    }
  }
  const create = (path: RegExp, ...args: readonly string[]) => {
    const pause = async () => {
      await answerAll(await work(directory), frozen(1, 3))
    }
    const all = ['stops', 'create', '--all', '--reason', 'r', ...args]
    return runCommand(directory, all, { apiOf: refusing(path), pause })
  }
  const unread = 'note: the first answers could not be read: too many requests\n'

  test.each([
    ['the stop', stopPath],
    ['when its devices answered', devicesPath],
  ])('where %s cannot be read', async (_name, path) => {
    await seedDevices(directory, 1)
    const { exitCode, out, err } = await create(path)
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: unread })
    expect(out).toMatch(/^Stop (stop_\S+) is in force\.\n(.*\n)*Release it: .* stops release \1 --reason TEXT\n$/)
  })

  test('in the document too', async () => {
    await seedDevices(directory, 1)
    const { exitCode, out, err } = await create(stopPath, '--json')
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: unread })
    expect(JSON.parse(out)).toMatchObject({ stop: { id: expect.stringMatching(/^stop_/), state: 'standing' } })
  })

  test('by a confirmation', async () => {
    await seedDevices(directory, 3)
    const { id } = await stopOf('--all')
    directory.database.exec(
      `UPDATE stops SET json = json_set(json, '$.created.by', json('{"id":"adm_b","name":"bob"}'))`,
    )
    await directory.services.principals.add(
      { kind: 'administrator', name: 'bob', role: 'operator', ttlMs: HOUR_MS },
      'adm_test',
    )
    const { exitCode, out, err } = await runCommand(directory, ['stops', 'confirm', id], {
      apiOf: refusing(/^\/stops\/[^/?]+$/),
    })
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: unread })
    expect(out).toMatch(new RegExp(`^Stop ${id} is in force\\.\n`))
  })

  test('of each drill before one that is refused', async () => {
    const [one = '', two = ''] = await seedDevices(directory, 2)
    let asked = 0
    const apiOf: typeof apiClient = (profile) => {
      const api = apiClient(profile)
      return {
        ask: (method, path, ...others) =>
          method === 'POST' && ++asked === 2 ? Promise.reject(refused) : api.ask(method, path, ...others),
      }
    }
    const args = ['stops', 'drill', '--device', one, two, '--reason', 'r']
    const { exitCode, out, err } = await runCommand(directory, args, { apiOf })
    expect(exitCode).toBe(1)
    expect(out).toMatch(/^Drill (stop_\S+) is under way\. Follow it: .* stops watch \1\n$/)
    expect(err).toContain('[RATE_LIMITED]')
  })
})

test('drills are ordered one by one, or all at once', async () => {
  const devices = await seedDevices(directory, 3)
  const two = devices.slice(0, 2)
  const one = JSON.parse((await run('drill', '--device', ...two, '--reason', 'r', '--json')).out)
  expect(one.drills.map(({ selector }: StopView) => selector)).toEqual(two.map((device) => ({ device })))
  expect((await run('drill', '--all', '--reason', 'r')).out).toMatch(
    /^Drill (stop_\S+) is under way\. Follow it: .* stops watch \1\n$/,
  )
  expect((await work(directory)).map(({ kind }) => kind)).toEqual(Array(5).fill('drill'))
})

describe('watch', () => {
  test('tells each change and ends when every device is done', async () => {
    await seedDevices(directory, 2)
    const { id } = await stopOf('--all')
    const steps = [
      async () => answerAll((await work(directory)).slice(0, 1), frozen(1, 1)),
      () => undefined,
      () => directory.clock.advance(25 * HOUR_MS),
      async () => answerAll(await work(directory), nothing),
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
    for (const order of await work(directory))
      await answer(directory, order, { outcome: 'failed', code: 'STOP_INCOMPLETE' })
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
    const [line = '', ...more] = out.trimEnd().split('\n')
    expect([JSON.parse(line).schema, more]).toEqual(['surety-directory/stop@1', []])
  })
})

test.each([
  ['no selector', ['create', '--reason', 'r'], 2, 'nothing is selected: give at least one of --all, --device, '],
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
  ['a long wait', ['create', '--all', '--reason', 'r', '--wait', '601'], 2, 'a whole number from 0 to 600'],
  ['a part of a second', ['create', '--all', '--reason', 'r', '--wait', '0.5'], 2, 'a whole number from 0 to 600'],
  ['too many devices', ['show', `stop_${'A'.repeat(22)}`, '--devices', '501'], 2, 'a whole number from 1 to 500'],
  ['a drill of nothing', ['drill', '--reason', 'r'], 2, 'name what to drill: --all, or --device DEVICE'],
  ['a drill of all and one', ['drill', '--all', '--device', 'x', '--reason', 'r'], 2, 'name what to drill: --all'],
])('%s is refused', async (_name, args, code, message) => {
  await seedDevices(directory, 1)
  const { exitCode, out, err } = await run(...args)
  expect({ exitCode, out }).toEqual({ exitCode: code, out: '' })
  expect(err).toContain(message)
  expect((await directory.store.stops.list({ limit: 9 }, 0)).items).toEqual([])
})

test('a stop of nothing is refused before a profile is looked for', async () => {
  const loadConfig = () => {
    throw new Error('the configuration was read')
  }
  const { exitCode, err } = await runCommand(directory, ['stops', 'create', '--reason', 'r'], { loadConfig })
  expect([exitCode, err]).toEqual([2, expect.stringContaining('nothing is selected')])
})
