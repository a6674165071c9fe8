import { SuretyError } from '../../src/base/errors.ts'
import { DISCOVERY_TASKS, type DiscoveryTask } from '../../src/discovery/files/scan-tasks.ts'
import { corpora, readCorpus } from './corpus-files.ts'
import { fuzzTarget } from './fuzz-target.ts'
import { minimise } from './minimise.ts'
import { seededRandom } from './random.ts'
import { runOnce } from './run-once.ts'
import { bytesOf, promise, type Target, textOf } from './target.ts'
import { targets } from './targets/all.ts'

/** Theirs are fuzzed file by file. */
const isWithBrowsers = (task: DiscoveryTask) => task === 'chromium' || task === 'firefox'

describe('the corpus', () => {
  test.each(targets.map((target) => [target.name, target] as const))('%s keeps its promises', async (name, target) => {
    const failures: string[] = []
    for (const input of [...target.seeds().map(bytesOf), ...readCorpus(name)]) {
      const reason = await runOnce(target, input)
      if (reason !== undefined) failures.push(`${reason}: ${Buffer.from(input).toString('base64')}`)
    }
    expect(failures).toEqual([])
  })
})

test('every target is of one kind', () => {
  const names = targets.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('every target has a committed corpus, and none is left of a target that is gone', () => {
  expect(corpora().filter((name) => readCorpus(name).length > 0)).toEqual(targets.map(({ name }) => name).toSorted())
})

test('every task of looking through a home is fuzzed as a whole', () => {
  const names = targets.map(({ name }) => name)
  expect(DISCOVERY_TASKS.filter((task) => !isWithBrowsers(task) && !names.includes(`home-${task}`))).toEqual([])
})

describe('the fuzzer', () => {
  const faulty = (fault: (text: string) => void, kind: Target['kind'] = 'json'): Target => ({
    name: 'faulty',
    kind,
    seeds: () => ['{"name":"x","list":[1,2,3]}'],
    run: (input) => fault(textOf(input)),
  })
  const fuzz = (target: Target) => {
    const coverage = { take: () => new Map() }
    return fuzzTarget({ coverage, random: seededRandom(1), onInput: () => undefined }, target, {
      corpus: [],
      seconds: 0.5,
    })
  }

  test('finds a fault and makes its input small', async () => {
    const { failures } = await fuzz(
      faulty((text) => {
        if (text.includes('toString')) throw new TypeError('no text')
      }),
    )
    expect(failures.map(({ reason, input }) => [reason, textOf(input)])).toEqual([['TypeError: no text', 'toString']])
  })

  test('tells what a decoder threw from what it documents', async () => {
    const throwing = (error: unknown) => () => {
      throw error
    }
    const reasons = [new RangeError('r'), new SuretyError('INPUT_MALFORMED', 's'), 'text', undefined].map((error) =>
      runOnce(faulty(throwing(error)), new Uint8Array()),
    )
    expect(await Promise.all(reasons)).toEqual(['RangeError: r', 'SuretyError: s', 'threw text', 'threw undefined'])
    expect(
      await runOnce(
        faulty(() => promise(false, 'it holds')),
        new Uint8Array(),
      ),
    ).toBe('BrokenPromise: it holds')
  })

  test('sees that a prototype was changed', async () => {
    const polluting = faulty(
      () => void Object.defineProperty(Object.prototype, 'polluted', { configurable: true, value: 1 }),
    )
    try {
      expect(await runOnce(polluting, new Uint8Array())).toBe('changed a prototype')
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted')
    }
  })

  test('repeats itself from its seed', () => {
    const draw = () => {
      const random = seededRandom(7)
      return Array.from({ length: 20 }, () => random.below(1_000))
    }
    expect(draw()).toEqual(draw())
  })

  test('minimising keeps what holds', async () => {
    const holds = async (input: Uint8Array) => textOf(input).includes('b') && textOf(input).includes('d')
    expect(textOf(await minimise(bytesOf('aaaabccccdeeee'), holds, { timeMs: 1_000 }))).toBe('bd')
  })
})
