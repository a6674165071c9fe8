import fc from 'fast-check'
import { toBase64Url, utf8 } from '../../src/base/bytes.ts'
import { SuretyError } from '../../src/base/errors.ts'
import {
  type Enrolment,
  formatEnrolmentString,
  parseEnrolmentString,
} from '../../src/protocol/messages/enrolment-string.ts'

const good: Enrolment = {
  url: 'wss://directory.example:7443',
  ca: 'A'.repeat(43),
  root: `${'B'.repeat(42)}A`,
  token: `tok_${'C'.repeat(21)}A`,
  secret: `s3cr3t${'A'.repeat(37)}`,
  minimumTier: 'tpm',
}
const string = formatEnrolmentString(good)
const encode = (json: string | Uint8Array) =>
  `surety-enrol-v1.${toBase64Url(typeof json === 'string' ? utf8(json) : json)}`

function refusalOf(text: string): SuretyError | undefined {
  try {
    parseEnrolmentString(text)
    return undefined
  } catch (error) {
    if (error instanceof SuretyError) return error
    throw error
  }
}

test.each([string, `  ${string}\n`, `${string}\r\n`])('%j is read', (text) => {
  expect(parseEnrolmentString(text)).toEqual(good)
})

test.each<[string, string]>([
  ['nothing', ''],
  ['the prefix alone', 'surety-enrol-v1.'],
  ['no prefix', string.slice(16)],
  ['another version', string.replace('v1', 'v2')],
  ['a prefix in capitals', string.replace('surety', 'SURETY')],
  ['cut by one letter', string.slice(0, -1)],
  ['cut in half', string.slice(0, string.length / 2)],
  ['broken over two lines', `${string.slice(0, 80)}\n${string.slice(80)}`],
  ['with padding', `${string}=`],
  ['twice', string + string],
  ['not UTF-8', encode(Uint8Array.of(0x22, 0xff, 0x22))],
  ['not JSON', encode('hello')],
  ['not canonical', encode(` ${JSON.stringify(good)}`)],
  ['a member twice', encode(JSON.stringify(good).replace('{', '{"url":"wss://evil.example",'))],
  ['a member more', encode(JSON.stringify({ ...good, more: 1 }))],
  ['no pin of the CA', encode(JSON.stringify({ ...good, ca: undefined }))],
  ['no pin of the root', encode(JSON.stringify({ ...good, root: undefined }))],
  ['an empty pin', encode(JSON.stringify({ ...good, root: '' }))],
  ['without TLS', encode(JSON.stringify({ ...good, url: 'ws://directory.example' }))],
  ['another scheme', encode(JSON.stringify({ ...good, url: 'https://directory.example' }))],
  ['a user in the address', encode(JSON.stringify({ ...good, url: 'wss://user@directory.example' }))],
  ['a path in the address', encode(JSON.stringify({ ...good, url: 'wss://directory.example/a/b' }))],
  ['a query in the address', encode(JSON.stringify({ ...good, url: 'wss://directory.example?a' }))],
  ['a space in the address', encode(JSON.stringify({ ...good, url: 'wss://directory .example' }))],
  ['a port that is none', encode(JSON.stringify({ ...good, url: 'wss://directory.example:99999' }))],
  ['half a bracket in the address', encode(JSON.stringify({ ...good, url: 'wss://[' }))],
  ['an address without end', encode(JSON.stringify({ ...good, url: `wss://${'a'.repeat(300)}` }))],
  ['a tier that is none', encode(JSON.stringify({ ...good, minimumTier: 'gold' }))],
  ['an id of another kind', encode(JSON.stringify({ ...good, token: good.token.replace('tok', 'dev') }))],
  ['more than 2 KiB', encode(JSON.stringify({ ...good, url: 'a'.repeat(3000) }))],
  ['__proto__', encode('{"__proto__":{}}')],
])('%s is refused', (_, text) => expect(refusalOf(text)?.code).toBe('ENROLMENT_STRING_INVALID'))

test('a refusal never repeats the secret', () => {
  const damaged = [string.slice(0, -8), encode(JSON.stringify({ ...good, secret: `${good.secret}!` }))]
  const said = damaged.map(refusalOf).map((error) => `${error?.message} ${error?.cause}`)
  expect(said.filter((text) => text.includes('s3cr3t') || text.includes('czNjcjN0'))).toEqual([])
})

test('any text is read or refused with its code', () => {
  const near = fc.record({ at: fc.nat(string.length - 1), letter: fc.string({ minLength: 1, maxLength: 1 }) })
  const changed = near.map(({ at, letter }) => string.slice(0, at) + letter + string.slice(at + 1))
  fc.assert(
    fc.property(fc.oneof(fc.string(), changed, fc.json().map(encode)), (text) => {
      const code = refusalOf(text)?.code
      return code === undefined || code === 'ENROLMENT_STRING_INVALID'
    }),
  )
})
