import fc from 'fast-check'
import { looksSecret } from '../../../src/discovery/redaction/known-tokens.ts'
import { holdsSecretArgument, isSecretAddress, isSecretMember } from '../../../src/discovery/redaction/secret-shape.ts'
import { isLinear } from '../../support/linear-cost.ts'

const DOLLAR = '$'
const CHARACTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789']
const SECRET_NAMES = [
  ...['API_KEY', 'api-key', 'GITHUB_TOKEN', 'accessToken', 'CLIENT_SECRET', 'DB_PASSWORD', 'Authorization', 'API_KEYS'],
  ...['ACCESS_TOKENS', '--api-key', 'PRIVATE_KEY', 'AWS_SECRET_ACCESS_KEY', 'X-Api-Key'],
]

test('what is drawn by chance behind the name of a secret is one', () => {
  const text = fc.string({ minLength: 24, maxLength: 80, unit: fc.constantFrom(...CHARACTERS) })
  const drawn = text.filter((each) => new Set(each).size > 8)
  fc.assert(
    fc.property(fc.constantFrom(...SECRET_NAMES), drawn, (name, value) => {
      expect(isSecretMember(name, value)).toBe(true)
      expect(isSecretMember('HEADERS', `{"${name.replace(/^-+/, '')}":"Bearer ${value}"}`)).toBe(true)
      expect(holdsSecretArgument(['x', `${name}=${value}`])).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('no usual placeholder is a secret', () => {
  const word = fc.constantFrom('github', 'api', 'key', 'token', 'access', 'secret', 'openai', 'brave', 's3', 'personal')
  const words = fc.array(word, { minLength: 1, maxLength: 4 })
  const spelled = fc.constantFrom<(parts: readonly string[]) => string>(
    (parts) => parts.join('-'),
    (parts) => parts.join('_').toUpperCase(),
    (parts) => parts.join(' '),
    (parts) => parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('_'),
  )
  const form = fc.constantFrom<(parts: readonly string[], spell: (parts: readonly string[]) => string) => string>(
    (parts, spell) => spell(['your', ...parts]),
    (parts, spell) => spell(['your', ...parts, 'here']),
    (parts, spell) => spell(['insert', ...parts]),
    (parts, spell) => spell(['replace', 'with', ...parts]),
    (parts, spell) => spell([...parts, 'placeholder']),
    (parts, spell) => `<${spell(parts)}>`,
    (parts, spell) => `[${spell(parts)}]`,
    (parts) => `${DOLLAR}{${parts.join('_').toUpperCase()}}`,
    (parts) => `${DOLLAR}${parts.join('_').toUpperCase()}`,
    (parts) => `%${parts.join('_').toUpperCase()}%`,
    (parts) => `{{ ${parts.join('.')} }}`,
    (parts) => `{env:${parts.join('_').toUpperCase()}}`,
    (parts) => `env:${parts.join('_').toUpperCase()}`,
    (parts) => `op://${parts.join('/')}`,
    (parts) => `$(pass show ${parts.join('/')})`,
    (parts) => 'x'.repeat(4 + 8 * parts.length),
    (parts) => '*'.repeat(4 + 8 * parts.length),
    () => '...',
  )
  const before = fc.constantFrom('', 'Bearer ', 'Basic ')
  fc.assert(
    fc.property(fc.constantFrom(...SECRET_NAMES), before, form, spelled, words, (name, start, shape, spell, parts) => {
      const value = start + shape(parts, spell)
      expect([value, isSecretMember(name, value)]).toEqual([value, false])
    }),
    { numRuns: 1000 },
  )
})

test('no start of a token before a row of one character is a secret', () => {
  const start = fc.constantFrom(
    'sk-',
    'sk-ant-api03-',
    'sk-proj-',
    'ghp_',
    'xoxb-',
    'ntn_',
    'hf_',
    'lin_api_',
    'gsk_',
    'AKIA',
  )
  const row = fc.tuple(fc.constantFrom('x', 'X', '*'), fc.integer({ min: 8, max: 60 }))
  fc.assert(
    fc.property(fc.constantFrom(...SECRET_NAMES), start, row, (name, prefix, [character, length]) => {
      const value = prefix + character.repeat(length)
      expect([value, isSecretMember(name, value)]).toEqual([value, false])
    }),
  )
})

test.each([
  ...[
    '{"a":',
    '"a":"',
    'a="',
    'a=b;',
    'a=b,',
    'password: ',
    'max_tokens',
    'max_',
    '{{',
    '`',
    '$(',
    '$a',
    '$aB',
    '<a',
    '%a',
    '__',
    'A_',
  ],
  ...[
    'x'.repeat(4),
    'your-',
    'SG.',
    'redis://',
    'AgE',
    '\\"a\\":\\"',
    'a b=',
    'token=a ',
    '=',
    ': ',
    'k7Q',
    '/k7',
    'EXAMPLE',
  ],
])('a text of nothing but %j takes time that grows with it', async (part) => {
  const look = (units: number) => {
    const text = part.repeat(Math.ceil(units / part.length))
    looksSecret(text)
    isSecretMember('token', text)
    isSecretMember(text, 'x'.repeat(20))
    holdsSecretArgument([text, `--x=${text}`])
    isSecretAddress(`https://h/${text}`)
  }
  expect(await isLinear(look, 128 * 1024)).toBe(true)
})
