import { type BesiegedDirectory, besiegedDirectory, say } from '../besieged-directory.ts'
import { expectSignedRefusal, PHASES } from './expect-refusal.ts'

let besieged: BesiegedDirectory
beforeAll(async () => {
  besieged = await besiegedDirectory()
})
afterAll(() => besieged[Symbol.asyncDispose]())

/** The sequence number, which every message has, written in another way. */
const sequenceAs = (text: string) => (honest: string) => honest.replace(/"sequence":\d+/, `"sequence":${text}`)
const member = (text: string) => (honest: string) => `{${text},${honest.slice(1)}`

const SPELLINGS: readonly (readonly [string, string, (honest: string) => string | Uint8Array])[] = [
  ['a duplicate key', 'INPUT_NOT_CANONICAL', member('"sequence":7')],
  ['a space', 'INPUT_NOT_CANONICAL', (honest) => honest.replace(':', ': ')],
  ['a newline at its end', 'INPUT_NOT_CANONICAL', (honest) => `${honest}\n`],
  ['a key spelled with an escape', 'INPUT_NOT_CANONICAL', (honest) => honest.replace('"sequence"', '"sequenc\\u0065"')],
  ['a slash spelled with an escape', 'INPUT_NOT_CANONICAL', member('"x":"\\/"')],
  ['a byte order mark', 'INPUT_MALFORMED', (honest) => `\ufeff${honest}`],
  ['a second document behind it', 'INPUT_MALFORMED', (honest) => `${honest}{}`],
  ['its end cut off', 'INPUT_MALFORMED', (honest) => honest.slice(0, -1)],
  ['a comment', 'INPUT_MALFORMED', (honest) => honest.replace('{', '{/**/')],
  ['NaN', 'INPUT_MALFORMED', sequenceAs('NaN')],
  ['a number in hexadecimal', 'INPUT_MALFORMED', sequenceAs('0x10')],
  ['a number beyond all numbers', 'INPUT_NOT_CANONICAL', sequenceAs('1e999')],
  ['a number with an exponent', 'INPUT_NOT_CANONICAL', sequenceAs('1e0')],
  ['a number that ends in .0', 'INPUT_NOT_CANONICAL', sequenceAs('1.0')],
  ['a negative zero', 'INPUT_NOT_CANONICAL', sequenceAs('-0')],
  ['a number that JSON does not carry', 'INPUT_NOT_CANONICAL', sequenceAs('9007199254740993')],
  ['a number too large to count with', 'FRAME_MALFORMED', sequenceAs('9007199254740992')],
  ['a huge number', 'FRAME_MALFORMED', sequenceAs('1e+300')],
  ['a negative number', 'FRAME_MALFORMED', sequenceAs('-1')],
  ['a fraction', 'FRAME_MALFORMED', sequenceAs('0.5')],
  ['a number as text', 'FRAME_MALFORMED', sequenceAs('"1"')],
  ['null for a number', 'FRAME_MALFORMED', sequenceAs('null')],
  ['a list for a number', 'FRAME_MALFORMED', sequenceAs('[1]')],
  ['an object for a number', 'FRAME_MALFORMED', sequenceAs('{"valueOf":1}')],
  ['__proto__', 'INPUT_MALFORMED', member('"__proto__":{"sequence":1}')],
  ['__proto__ spelled with an escape', 'INPUT_MALFORMED', member('"\\u005f_proto__":{"sequence":1}')],
  ['__proto__ deep inside', 'INPUT_MALFORMED', member('"x":[{"y":{"__proto__":1}}]')],
  ['deep nesting', 'INPUT_TOO_DEEP', member(`"x":${'['.repeat(500)}${']'.repeat(500)}`)],
  ['nesting without an end', 'INPUT_TOO_DEEP', () => '{"a":'.repeat(500)],
  ['a hash that is too short', 'FRAME_MALFORMED', (honest) => honest.replace(/"head":"A/, '"head":"')],
  ['a hash with padding', 'FRAME_MALFORMED', (honest) => honest.replace(/A"(?=[,}])/, '="')],
  ['nothing', 'INPUT_MALFORMED', () => ''],
]

describe.each(PHASES)('in the place of %s, JSON with', (phase) => {
  const kept = phase === 'evidence' ? ['a hash that is too short', 'a hash with padding'] : []
  test.each(SPELLINGS.filter(([name]) => !kept.includes(name)))('%s is %s', async (name, code, spell) => {
    // In the stream what does not begin as JSON does is of no kind; a renewal is known by its brace.
    const noKind = phase === 'renew' && ['a byte order mark', 'nothing'].includes(name)
    await expectSignedRefusal(besieged, phase, noKind ? 'FRAME_UNEXPECTED' : code, (scene) =>
      say(scene, spell(scene.honest)),
    )
  })
})

describe.each(PHASES)('in the place of %s, a whole document that is', (phase) => {
  test.each(['null', 'true', '1', '"hello"', '[]', '{}'])('%s is refused', async (document) => {
    const noKind = phase === 'renew' && document !== '{}'
    await expectSignedRefusal(besieged, phase, noKind ? 'FRAME_UNEXPECTED' : 'FRAME_MALFORMED', (scene) =>
      say(scene, document),
    )
  })
})
