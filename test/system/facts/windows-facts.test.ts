import { background, notFound } from '../../../src/system/facts/background.ts'
import { KeptAnswer, windowsFacts } from '../../../src/system/facts/windows.ts'
import { windowsErrorOf } from '../../../src/system/facts/windows-error.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addonError,
  changed,
  NO_WINDOWS,
  recordedMachine,
  recordedWindows,
} from '../../support/platforms/recorded-windows.ts'

const never = new AbortController().signal
const options = { signal: never, timeoutMs: 1000 }

describe('a question on a thread of the addon', () => {
  const ask = (start: Parameters<ReturnType<typeof background>>[1], clock = new FakeClock()) =>
    background({ clock })('WMI (root\\x)', start, options)

  test('gives what the JSON says', async () => {
    expect(await ask((callback) => callback(0, '[{"A":1}]'))).toEqual([{ A: 1 }])
  })

  test.each([
    ['no such namespace', 0x8004_100e],
    ['no such class', 0x8004_1010],
    ['no such object', 0x8004_1002],
    ['no such method', 0x8004_1055],
    ['a provider that is not installed', 0x8004_1013],
  ])('%s is nothing to be found', async (_, error) => {
    expect(await ask((callback) => callback(error, ''))).toBe(notFound)
  })

  test.each<[string, number, string, RegExp]>([
    ['access denied', 0x8004_1003, 'COMMAND_FAILED', /access denied/],
    ['access denied by Win32', 5, 'COMMAND_FAILED', /access denied/],
    ['not implemented', 0x8000_4001, 'COMMAND_FAILED', /error 0x80004001/],
    ['too much', 234, 'COMMAND_OUTPUT_TOO_LARGE', /too much/],
    ['the time of WMI itself', 0x8007_0102, 'COMMAND_TIMED_OUT', /in time/],
    ['too many questions that hang', 170, 'COMMAND_TIMED_OUT', /still hang/],
  ])('%s', async (_, error, code, message) => {
    await expect(ask((callback) => callback(error, ''))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test.each([
    ['no JSON', (): string => 'x'],
    ['JSON that is cut', (): string => '[{"A":'],
    ['nothing', (): string => ''],
  ])('%s is a failure', async (_, text) => {
    expect(await codeThrown(() => ask((callback) => callback(0, text())))).toBe('COMMAND_FAILED')
  })

  test('an error of the addon is an outcome, and a mistake of ours is thrown', async () => {
    const busy = () =>
      ask(() => {
        throw addonError('wmiQuery', 170)
      })
    expect(await codeThrown(busy)).toBe('COMMAND_TIMED_OUT')
    await expect(
      ask(() => {
        throw new TypeError('expected a namespace')
      }),
    ).rejects.toThrow(TypeError)
  })

  test('silence ends at its time, and an answer that comes later is dropped', async () => {
    const clock = new FakeClock()
    let answer: ((error: number, text: string) => void) | undefined
    const asked = ask((callback) => {
      answer = callback
    }, clock)
    const code = codeThrown(() => asked)
    await clock.advance(1000)
    expect(await code).toBe('COMMAND_TIMED_OUT')
    answer?.(0, '[]')
    answer?.(5, '')
  })

  test('a question that hangs is not asked again until it has ended, and others are', async () => {
    const clock = new FakeClock()
    const asking = background({ clock })
    const asked: string[] = []
    let answer: ((error: number, text: string) => void) | undefined
    const hang = (question: string) =>
      codeThrown(() =>
        asking(
          'WMI',
          (callback) => {
            asked.push(question)
            answer = callback
          },
          { ...options, question },
        ),
      )
    const first = hang('a')
    await clock.advance(1000)
    expect([await first, await hang('a'), asked]).toEqual(['COMMAND_TIMED_OUT', 'COMMAND_TIMED_OUT', ['a']])
    expect(await asking('WMI', (callback) => callback(0, '[]'), { ...options, question: 'b' })).toEqual([])
    answer?.(0, '[]')
    await clock.advance(0)
    expect(await asking('WMI', (callback) => callback(0, '[1]'), { ...options, question: 'a' })).toEqual([1])
  })

  test('an abort ends it with the reason of the signal', async () => {
    const controller = new AbortController()
    const reason = new Error('stopping')
    const asked = background({ clock: new FakeClock() })('x', () => undefined, {
      signal: controller.signal,
      timeoutMs: 1000,
    })
    controller.abort(reason)
    await expect(asked).rejects.toBe(reason)
  })
})

describe('an answer that takes long', () => {
  test('is asked for once at a time, and kept for a while', async () => {
    const clock = new FakeClock()
    const kept = new KeptAnswer<number>({ clock }, { keptMs: 10_000 })
    let asked = 0
    const ask = async () => ++asked
    expect(await Promise.all([kept.get(ask, options), kept.get(ask, options)])).toEqual([1, 1])
    expect(await kept.get(ask, options)).toBe(1)
    await clock.advance(10_000)
    expect(await kept.get(ask, options)).toBe(2)
  })

  test('continues after its caller has left, for the next caller', async () => {
    const clock = new FakeClock()
    const kept = new KeptAnswer<string>({ clock }, { keptMs: 10_000 })
    const { promise, resolve } = Promise.withResolvers<string>()
    const first = codeThrown(() => kept.get(() => promise, options))
    await clock.advance(1000)
    expect(await first).toBe('COMMAND_TIMED_OUT')
    resolve('late')
    const again = () => Promise.reject(new Error('asked twice'))
    expect(await kept.get(again, options)).toBe('late')
  })

  test('is not kept when it fails', async () => {
    const kept = new KeptAnswer<string>({ clock: new FakeClock() }, { keptMs: 10_000 })
    await expect(kept.get(() => Promise.reject(new Error('no')), options)).rejects.toThrow('no')
    expect(await kept.get(async () => 'yes', options)).toBe('yes')
  })
})

describe('Windows Update', () => {
  test('is asked once an hour, however often the check runs', async () => {
    const clock = new FakeClock()
    const addon = recordedWindows(recordedMachine('managed-laptop'))
    let asked = 0
    const counting = {
      ...addon,
      pendingUpdates: (callback: Parameters<typeof addon.pendingUpdates>[0]) => {
        asked++
        addon.pendingUpdates(callback)
      },
    }
    const facts = windowsFacts({ addon: counting, clock })
    const [first, second] = [await facts.pendingUpdates(options), await facts.pendingUpdates(options)]
    expect(first).toEqual(second)
    expect(first.searchedMs).toBe(Date.UTC(2026, 10, 25, 6))
    expect(asked).toBe(1)
    await clock.advance(60 * 60 * 1000)
    await facts.pendingUpdates(options)
    expect(asked).toBe(2)
  })

  test('a search that never ends leaves the check unknown, and is not started again', async () => {
    const clock = new FakeClock()
    const facts = windowsFacts({ addon: recordedWindows(NO_WINDOWS), clock })
    for (let look = 0; look < 2; look++) {
      const code = codeThrown(() => facts.pendingUpdates(options))
      await clock.advance(1000)
      expect(await code).toBe('COMMAND_TIMED_OUT')
    }
  })
})

describe('the registry', () => {
  const { registry } = windowsFacts({
    addon: recordedWindows(
      changed(NO_WINDOWS, {
        registry: {
          'HKLM\\SOFTWARE\\X': {
            word: 'a',
            number: 7,
            empty: { type: 4, hex: '' },
            longNumber: { type: 11, hex: '0100000001000000' },
            huge: { type: 11, hex: 'ffffffffffffffff' },
            list: { type: 7, hex: '610000000000' },
            bytes: { type: 3, hex: '01' },
            padded: { type: 1, hex: '610000000000' },
            expandable: { type: 2, hex: '250041002500' },
            nothing: { type: 1, hex: '' },
          },
          'HKU\\S-1-5-18\\Control Panel': {},
        },
      }),
    ),
    clock: new FakeClock(),
  })
  const X = 'HKLM\\SOFTWARE\\X'

  test('reads numbers and texts, and what is absent is undefined', () => {
    expect([registry.number(X, 'NUMBER'), registry.number(X, 'longNumber')]).toEqual([7, 4_294_967_297])
    expect([registry.text(X, 'word'), registry.text(X, 'padded'), registry.text(X, 'nothing')]).toEqual(['a', 'a', ''])
    expect(registry.text(X, 'expandable')).toBe('%A%')
    expect([registry.text(X, 'absent'), registry.number('HKLM\\Y', 'a'), registry.keys('HKLM\\Y')]).toEqual([
      ...[undefined, undefined, undefined],
    ])
    expect([registry.keys('HKU'), registry.keys('HKU\\S-1-5-18'), registry.keys(X)]).toEqual([
      ['S-1-5-18'],
      ['Control Panel'],
      [],
    ])
  })

  test('lists all values of a key, with their types', () => {
    const machine = {
      'HKLM\\Z': {
        word: 'a',
        number: 7,
        list: { type: 7, hex: '61000000620000000000' },
        short: { type: 7, hex: '6100' },
        empty: { type: 7, hex: '0000' },
        path: { type: 2, hex: '610000' },
        odd: { type: 99, hex: '61' },
      },
    }
    const { values } = windowsFacts({
      addon: recordedWindows({ ...NO_WINDOWS, registry: machine }),
      clock: new FakeClock(),
    }).registry
    expect(values('HKLM\\Z')).toEqual([
      { name: 'word', type: 'REG_SZ', data: 'a' },
      { name: 'number', type: 'REG_DWORD', data: 7 },
      { name: 'list', type: 'REG_MULTI_SZ', data: ['a', 'b'] },
      { name: 'short', type: 'REG_MULTI_SZ', data: ['a'] },
      { name: 'empty', type: 'REG_MULTI_SZ', data: [] },
      { name: 'path', type: 'REG_EXPAND_SZ', data: undefined },
      { name: 'odd', type: 'type 99', data: undefined },
    ])
    expect(values('HKLM\\Y')).toBeUndefined()
  })

  test.each(['word', 'empty', 'huge', 'list', 'bytes'])('%s is no number', async (name) => {
    expect(await codeThrown(async () => registry.number(X, name))).toBe('INPUT_MALFORMED')
  })

  test.each(['number', 'list', 'bytes'])('%s is no text', async (name) => {
    expect(await codeThrown(async () => registry.text(X, name))).toBe('INPUT_MALFORMED')
  })

  test.each<[string, number, string]>([
    ['access denied', 5, 'FILE_UNREADABLE'],
    ['a key that is being deleted', 1018, 'FILE_UNREADABLE'],
    ['a value of a megabyte', 223, 'FILE_TOO_LARGE'],
  ])('%s', async (_, number, code) => {
    const fail = () => {
      throw addonError('registryRead', number)
    }
    const refusing = windowsFacts({
      addon: { ...recordedWindows(NO_WINDOWS), registryRead: fail, registryKeys: fail, registryValues: fail },
      clock: new FakeClock(),
    }).registry
    expect(await codeThrown(async () => refusing.number(X, 'a'))).toBe(code)
    expect(await codeThrown(async () => refusing.keys(X))).toBe(code)
    expect(await codeThrown(async () => refusing.values(X))).toBe(code)
  })
})

test.each<[unknown, number | undefined]>([
  [new Error('error 5'), 5],
  [new Error('error 0x8004100E'), 0x8004_100e],
  [new Error('error 5 or so'), undefined],
  ['error 5', undefined],
])('the number in %p is %p', (error, number) => expect(windowsErrorOf(error)).toBe(number))

test('a name with quotes and backslashes stays one name in the path of an instance', async () => {
  const id = '\\\\?\\Volume{1}\\"x'
  const machine = changed(NO_WINDOWS, { methods: { 'A.M': { [id]: { ReturnValue: 0 } } } })
  const facts = windowsFacts({ addon: recordedWindows(machine), clock: new FakeClock() })
  const instance = { namespace: 'root', class: 'A', key: ['DeviceID', id] as const }
  expect(await facts.call(instance, 'M', options)).toEqual({ ReturnValue: 0 })
  expect(await codeThrown(() => facts.call(instance, 'N', options))).toBe('COMMAND_ABSENT')
})
