import type { CommandComponents } from '../../../src/admin/command/command-line.ts'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import type { Activity } from '../../../src/directory/activity/activity.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

const HOUR_MS = 3_600_000
/** More than two pages. */
const MANY = 1_100

let directory: TestDirectory
let one: string
let two: string
// A fresh directory for each test: warnings of the token come from its file.
beforeEach(async () => {
  directory = await startTestDirectory()
  one = (await seedDevice(directory, testKey('one'))).device
  two = (await seedDevice(directory, testKey('two'))).device
})
afterEach(() => directory[Symbol.asyncDispose]())

async function happens(kind: Activity['kind'], device: string, detail: Activity['detail'] = {}) {
  await directory.store.activity.add({ at: directory.clock.now(), kind, device, detail })
}

const run = (args: readonly string[], others: Partial<CommandComponents> = {}) =>
  runCommand(directory, ['events', 'list', ...args], others)

async function told(...args: readonly string[]) {
  const { exitCode, out, err } = await run([...args, '--json'])
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  const { schema, events } = JSON.parse(out)
  expect(schema).toBe('surety-directory/events@1')
  return events.map(({ kind, facts }: { kind: string; facts: { n?: number } }) => `${kind} ${facts.n ?? ''}`.trim())
}

test('prints the newest last, with its subject in words', async () => {
  await happens('unknown-agent-appeared', one, { name: HOSTILE_NAME, score: 80, catalogueId: undefined })
  await happens('mcp-launch-changed', two, { name: 'notes' })
  const { exitCode, out } = await run(['--last', '2', '-o', 'table'])
  const [heading, first, second, footer, ...more] = out.trimEnd().split('\n')
  expect({ exitCode, footer, more }).toEqual({ exitCode: 0, footer: '2 events, and more', more: [] })
  expect(heading?.trim().split(/\s+/)).toEqual(['TIME', 'KIND', 'DEVICE', 'BY', 'WHAT'])
  expect(first).toMatch(new RegExp(`Z  unknown-agent-appeared +${one}  -  +name <script>.*ERROR forged, score 80$`))
  expect(second).toMatch(new RegExp(`Z  mcp-launch-changed +${two}  -  +name notes$`))
  expect(out).not.toMatch(DANGEROUS)
})

test('a device that answers a stop is named once: BY is device', async () => {
  const details = { stop: 'stop_1' }
  const at = directory.clock.now()
  await directory.store.audit.add({ at, actor: one, act: 'stop-answered', subject: 'stop_1', device: one, details })
  expect((await run(['--kind', 'stop-answered', '-o', 'table'])).out).toMatch(
    new RegExp(`stop-answered +${one}  device  +\\S`),
  )
})

test('filters narrow each other', async () => {
  for (let n = 1; n <= 3; n++) for (const device of [one, two]) await happens('flooded', device, { n })
  await happens('gap', one, { n: 4 })
  expect(await told('--kind', 'flooded', '--device', one)).toEqual(['flooded 1', 'flooded 2', 'flooded 3'])
  expect(await told('--kind', 'gap')).toEqual(['gap 4'])
  expect(await told('--device', two, '--last', '2')).toEqual(['flooded 2', 'flooded 3'])
  expect(await told('--kind', 'forked')).toEqual([])
  expect((await run(['--kind', 'forked', '-o', 'table'])).out).toBe('no events\n')
})

test('as many pages as are wanted, and no more', async () => {
  await directory.store.transaction(async () => {
    for (let n = 1; n <= MANY; n++) await happens('flooded', one, { n })
  })
  expect(await told()).toHaveLength(100)
  const all = await told('--last', '100000', '--kind', 'flooded')
  expect(all).toEqual(Array.from({ length: MANY }, (_, index) => `flooded ${index + 1}`))
  expect(await told('--last', '501', '--kind', 'flooded')).toEqual(all.slice(-501))
})

test('since a time: all of it, and nothing older', async () => {
  await happens('gap', one, { n: 1 })
  await directory.clock.advance(3 * HOUR_MS)
  await directory.store.transaction(async () => {
    for (let n = 1; n <= MANY; n++) await happens('flooded', one, { n })
  })
  await directory.clock.advance(HOUR_MS)
  expect(await told('--since', '2h')).toHaveLength(MANY)
  expect(await told('--since', '2h', '--last', '1')).toEqual([`flooded ${MANY}`])
  expect(await told('--since', '30m')).toEqual([])
})

test('one event by its id has its facts, and no other word names one', async () => {
  await happens('gap', one, { n: 1 })
  const show = (...args: string[]) => runCommand(directory, ['events', 'show', ...args])
  const [{ id }] = JSON.parse((await run(['--last', '1', '--json'])).out).events
  expect((await show(`${id}`)).out).toMatch(new RegExp(`kind +gap\ndevice +${one}\n.*what +n 1\n`, 's'))
  expect(JSON.parse((await show(`${id}`, '--json')).out)).toMatchObject({ event: { id, kind: 'gap', facts: { n: 1 } } })
  for (const wanted of ['0', `${id + 1}`, '007', 'gap']) expect((await show(wanted)).err).toContain('[NOT_FOUND]')
})

test('spreadsheets get the facts as JSON', async () => {
  await happens('gap', one, { name: '=1+1' })
  expect((await run(['--last', '1', '-o', 'csv', '--columns', 'kind,what'])).out).toBe(
    'kind,what\r\ngap,"{""name"":""=1+1""}"\r\n',
  )
})

describe('--watch', () => {
  /** Each pause brings the next step; after the last it is interrupted. */
  const steps = (all: readonly (() => void)[]): Partial<CommandComponents> => {
    const stop = new AbortController()
    const left = [...all]
    return {
      untilInterrupted: () => stop.signal,
      async pause() {
        const next = left.shift()
        if (next === undefined) stop.abort()
        else next()
      },
    }
  }

  test.each([
    ['in words', [], /^ {2}TIME.*\n.* gap .* n 1\n.* flooded .* n 2\n.* flooded .* n 3\n$/],
    ['as JSON', ['--json'], /^\{.*"gap".*\}\n\{.*"flooded".*"n":2.*\}\n\{.*"flooded".*"n":3.*\}\n$/],
  ])('tells what comes, once: %s', async (_, args, said) => {
    await happens('gap', one, { n: 1 })
    const later = [() => happens('flooded', one, { n: 2 }), () => undefined, () => happens('flooded', one, { n: 3 })]
    const { exitCode, out, err } = await run(['--watch', '--last', '1', ...args], steps(later))
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toMatch(said)
  })

  test('does not print what happened before, also without a match', async () => {
    await happens('gap', one, { n: 1 })
    await directory.clock.advance(2 * HOUR_MS)
    const later = [() => undefined, () => happens('gap', one, { n: 2 })]
    const { out } = await run(['--watch', '--since', '1h', '--kind', 'gap', '--json'], steps(later))
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).event.facts.n),
    ).toEqual([2])
  })

  test('waits for a directory that is away, and prints what happened meanwhile', async () => {
    let gone = false
    const apiOf: CommandComponents['apiOf'] = (profile) => {
      const api = apiClient(profile)
      return {
        ask: async (...given) => {
          if (gone) throw new SuretyError('DIRECTORY_UNREACHABLE', 'nobody listens')
          return await api.ask(...given)
        },
      } as typeof api
    }
    const later = [
      async () => {
        gone = true
        await happens('gap', one, { n: 1 })
      },
      () => undefined,
      () => {
        gone = false
      },
    ]
    const { exitCode, out, err } = await run(['--watch', '--kind', 'gap'], { ...steps(later), apiOf })
    expect({ exitCode, err }).toEqual({
      exitCode: 0,
      err: 'surety-directory: the directory is gone; waiting for it\nsurety-directory: the directory answers again\n',
    })
    expect(out).toMatch(/^ {2}TIME.*\n.* gap .* n 1\n$/)
  })

  test('it ends at once though a directory that hangs was asked', async () => {
    const stop = new AbortController()
    let hangs = false
    const apiOf: CommandComponents['apiOf'] = (profile) => {
      const api = apiClient(profile)
      return {
        ask: async (...given) => {
          if (!hangs) return await api.ask(...given)
          setImmediate(() => stop.abort())
          return await new Promise<never>(() => undefined)
        },
      } as typeof api
    }
    const pause = async () => {
      hangs = true
    }
    const { exitCode, err } = await run(['--watch'], { untilInterrupted: () => stop.signal, pause, apiOf })
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  })

  test('any other refusal ends it', async () => {
    const later = [() => void directory.database.exec('UPDATE principals SET revoked_at = 1')]
    const { exitCode, err } = await run(['--watch'], steps(later))
    expect(exitCode).toBe(1)
    expect(err).toContain('Ask an administrator: surety-directory administrators rotate NAME.')
    expect(err).toContain('Only if no token is left: surety-directory administrator reset, which revokes all tokens')
  })
})

test.each([
  [
    ['--kind', 'nonsense'],
    /"nonsense" is no kind of event; similar: session-ended; list them with surety-directory events kinds/,
  ],
  [['--since', 'soon'], /90m, 24h, 7d/],
  [['--watch', '-o', 'csv'], /--watch prints table or json, not csv/],
  [['--last', '0'], /from 1 to 100000/],
  [['--last', '100001'], /from 1 to 100000/],
])('%j is not understood', async (args, said) => {
  const { exitCode, out, err } = await run(args)
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
  expect(err).toMatch(said)
})

test('a device that is not known is refused, and not an empty list', async () => {
  const { exitCode, out, err } = await run(['--device', 'nobody', '--json'])
  expect({ exitCode, out, code: JSON.parse(err).error.code }).toEqual({ exitCode: 1, out: '', code: 'DEVICE_UNKNOWN' })
})
