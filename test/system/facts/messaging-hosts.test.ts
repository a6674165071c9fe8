import { SuretyError } from '../../../src/base/errors.ts'
import { registeredMessagingHosts } from '../../../src/system/facts/messaging-hosts.ts'
import type { Registry } from '../../../src/system/facts/windows-facts.ts'

const ANN = 'S-1-5-21-1-2-3-1001'
const OWN = `HKU\\${ANN}\\Software\\Google\\Chrome\\NativeMessagingHosts`
const MACHINE = 'HKLM\\SOFTWARE\\Google\\Chrome\\NativeMessagingHosts'
const OF_32_BITS = 'HKLM\\SOFTWARE\\WOW6432Node\\Mozilla\\NativeMessagingHosts'

/** Keys with the default values of those below them. */
function registryOf(values: Readonly<Record<string, Readonly<Record<string, string | Error>> | Error>>): Registry {
  return {
    number: () => undefined,
    values: () => undefined,
    keys(key) {
      const found = values[key]
      if (found instanceof Error) throw found
      return found && Object.keys(found)
    },
    text(key, name) {
      const [, above = '', last = ''] = /^(.*)\\([^\\]+)$/.exec(key) ?? []
      const found = values[above]
      const value = found instanceof Error || name !== '' ? undefined : found?.[last]
      if (value instanceof Error) throw value
      return value
    },
  }
}

test('names those of the user before those of the machine, also of 32-bit programs', () => {
  const registry = registryOf({
    [MACHINE]: { 'com.example.all': 'C:\\all.json' },
    [OWN]: { 'com.example.own': 'C:\\own.json' },
    [OF_32_BITS]: { fox: 'C:\\fox.json' },
  })
  expect(registeredMessagingHosts(registry, ANN)).toEqual({
    hosts: [
      { family: 'chromium', name: 'com.example.own', path: 'C:\\own.json' },
      { family: 'chromium', name: 'com.example.all', path: 'C:\\all.json' },
      { family: 'firefox', name: 'fox', path: 'C:\\fox.json' },
    ],
    failures: [],
  })
  expect(registeredMessagingHosts(registry, 'S-1-5-21-1-2-3-1002').hosts.map(({ name }) => name)).toEqual([
    'com.example.all',
    'fox',
  ])
})

test('without any, there is nothing and no failure', () => {
  expect(registeredMessagingHosts(registryOf({}), ANN)).toEqual({ hosts: [], failures: [] })
})

test('what is refused, of another type or empty hides no other', () => {
  const denied = new SuretyError('FILE_UNREADABLE', 'access denied')
  const wrong = new SuretyError('INPUT_MALFORMED', 'is no text')
  const registry = registryOf({ [OWN]: denied, [MACHINE]: { a: wrong, b: '', c: 'C:\\c.json' } })
  expect(registeredMessagingHosts(registry, ANN)).toEqual({
    hosts: [{ family: 'chromium', name: 'c', path: 'C:\\c.json' }],
    failures: [
      { family: 'chromium', key: OWN, error: denied },
      { family: 'chromium', key: `${MACHINE}\\a`, error: wrong },
    ],
  })
})

test('of thousands some are read', () => {
  const many = Object.fromEntries(Array.from({ length: 4_000 }, (_, at) => [`a${at}`, 'C:\\a.json']))
  expect(registeredMessagingHosts(registryOf({ [OWN]: many }), ANN).hosts).toHaveLength(200)
})
