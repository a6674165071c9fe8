import fc from 'fast-check'
import { readLaunch } from '../../../src/discovery/launch/launch.ts'
import { readSpec } from '../../../src/discovery/launch/package-spec.ts'
import {
  isSecretVariable,
  nameForId,
  toldName,
  toldProgram,
  toldVariable,
} from '../../../src/discovery/redaction/redact-name.ts'

const DOLLAR = '$'
const KEY = 'sk-canary0canary1canary2'
const PAIR = 'hunter2hunter'

test.each<[string, string]>([
  ['API_KEY', 'API_KEY'],
  ['X-Api-Key', 'X-Api-Key'],
  ['_private', '_private'],
  ['spring.datasource.password', 'spring.datasource.password'],
  [`TOKEN=${KEY}`, 'TOKEN'],
  [`TOKEN=${PAIR}`, 'TOKEN'],
  [` API-KEY=${PAIR}`, 'API-KEY'],
  [`Authorization: Bearer ${PAIR}`, 'Authorization'],
  [`Authorization:${PAIR}`, 'Authorization'],
  ['Authorization:', 'Authorization'],
])('reports the variable %j as %j', (name, told) => expect(toldVariable(name)).toBe(told))

test.each([
  ...['', ' ', 'a b', '9LIVES', 'é', '=x', ':x', 'A/B', 'A\nB', 'a'.repeat(129), 'a'.repeat(5000)],
  ...[KEY, `X_${KEY}`, `${KEY}=x`, `${KEY}: x`, 'ghp_canarycanarycanarycanary', `"${KEY}"`],
  ...['k7Qz2mP9xR4tW8vB', 'TOKEN_k7Qz2mP9xR4tW8vB', 'k7Qz2mP9xR4tW8vB=x', 'c4n4ryhunter2hunter2=='],
  ...['abcdef0123456789abcdef0123456789', 'a0d0c9ae-58e7-4f1c-9a3c-3a1d6a7c2f10', `Bearer ${PAIR}`, `--token=${PAIR}`],
  ...['p4ss=word', 'abc123:def456', 'hunter2:hunter2', 'k7Qz.x2=y'],
  ...['https://user:hunter2@h/', 'https://h/?token=hunter2hunter', 'postgres://u:hunter2@h'],
])('reports nothing of the variable %j', (name) => expect(toldVariable(name)).toBe('unnamed'))

test.each([
  KEY,
  `TOKEN=${KEY}`,
  `TOKEN=${PAIR}`,
  `Authorization: Bearer ${PAIR}`,
  `Bearer ${PAIR}`,
  'k7Qz2mP9xR4tW8vB',
])('finds a secret in the name %j', (name) => expect(isSecretVariable(name)).toBe(true))

test.each(['API_KEY', 'Authorization', 'Authorization:', 'TOKEN=', `TOKEN=${DOLLAR}{TOKEN}`, 'LOG=debug', 'a b', ''])(
  'finds no secret in the name %j',
  (name) => expect(isSecretVariable(name)).toBe(false),
)

test.each([
  ...[
    'github',
    'My Server (work)',
    '@scope/server',
    'mcp-server-2025.1',
    'user@example.org',
    '{d10d0bf8-f5b5-c8b4-a8b2-2b9879e08c5d}',
  ],
  ...[
    'jid1-MnnxcxisBPnSXQ@jetpack',
    'com.intellij.plugins.html',
    'IntelliJIdea2024',
    'Profile 1',
    'x8k2p9ab.default-release',
  ],
  ...[
    'https://mcp.example.com/sse',
    'password manager',
    'token-counter',
    'Größe',
    '0d0c9ae4-58e7-4f1c-9a3c-3a1d6a7c2f10',
  ],
])('reports the name %j', (name) => expect(toldName(name)).toBe(name))

test.each([
  ...[KEY, `my ${KEY}`, `TOKEN=${PAIR}`, `Authorization: ${PAIR}`, `Bearer ${PAIR}`, `server --token ${PAIR}`],
  ...['https://user:hunter2@h/', 'https://h/?api_key=hunter2hunter', 'https://h/k7Qz2mP9xR4tW8vB/sse'],
  ...['k7Qz2mP9xR4tW8vB', 'server k7Qz2mP9xR4tW8vB', 'x'.repeat(5000), 'redis://:hunter2@h'],
])('does not report the name %j', (name) => expect(toldName(name)).toBe('unnamed'))

test.each<[readonly string[], string]>([
  [['npx', '-y', KEY], 'npx'],
  [['/opt/my server/mcp'], '/opt/my'],
  [['C:\\Windows\\System32\\cmd.exe', '/c'], 'C:\\Windows\\System32\\cmd.exe'],
  [['API-KEY=hunter2', 'npx', 'foo'], 'npx'],
  [['A=b', '', 'C=d', './run.sh', KEY], './run.sh'],
  [['', 'npx'], 'npx'],
  [['"C:\\Program', 'Files\\x.exe"'], '"C:\\Program'],
  [[`${DOLLAR}{HOME}/bin/server`], `${DOLLAR}{HOME}/bin/server`],
  [
    ['/nix/store/0c5b8vw40d1178xlpddw65q9gf1h2186-node/bin/node'],
    '/nix/store/0c5b8vw40d1178xlpddw65q9gf1h2186-node/bin/node',
  ],
])('of the command %j, reports the program', (words, program) => expect(toldProgram(words)).toBe(program))

test.each<[readonly string[]]>([
  [[]],
  [['']],
  [['TOKEN=hunter2']],
  [['TOKEN=correct horse battery', 'npx']],
  [["TOKEN='correct", "horse'", 'npx']],
  [['TOKEN="correct', 'horse', 'battery"', 'npx']],
  [['TOKEN=`cat', 'x`', 'npx']],
  [['TOKEN=hunter2 npx foo', '--x']],
  [['TOKEN=hunter2', '--token', 'hunter2']],
  [[`--token=${PAIR}`]],
  [['--token', PAIR]],
  [[KEY]],
  [['k7Qz2mP9xR4tW8vB']],
  [['https://user:hunter2@h/x']],
  [['https://h/x?k=hunter2']],
  [['X-Api-Key:hunter2']],
  [['Authorization:Basic/hunter2']],
  [['aHVudGVyMmh1bnRlcjI=']],
  [['k7Qz2mP9xR4tW8vB/k7Qz2mP9xR4tW8vB']],
  [['/k7Qz2mP9xR4tW8vB']],
  [['/mcp?token=hunter2']],
  [['"k7Qz2mP9xR4tW8vB"']],
  [['A=b', '$(cat', 'x)']],
])('of the command %j, reports nothing', (words) => expect(toldProgram(words)).toBeUndefined())

test.each<[string, Record<string, unknown>, readonly string[]]>([
  ['in the name of a variable', { command: 'x', env: { [`TOKEN=${KEY}`]: '' } }, ['TOKEN']],
  [
    'in the name of a header',
    { url: 'https://h', headers: { [`Authorization: Bearer ${PAIR}`]: '' } },
    ['Authorization'],
  ],
  ['for the name of a variable', { command: 'x', env: { [KEY]: '' } }, ['unnamed']],
  ['before the program', { command: `API-KEY=${KEY} npx foo` }, []],
  ['before the program, with arguments', { command: `API-KEY=${PAIR} npx foo`, args: ['x'] }, []],
  ['for the package', { command: 'npx', args: ['-y', KEY] }, []],
  ['for the version of a package', { command: 'npx', args: ['-y', `foo@${KEY}`] }, []],
])('a secret %s is noticed and goes nowhere', (_, entry, environment) => {
  const launch = readLaunch(entry, 'key')
  expect([launch.environment, launch.plaintextSecret]).toEqual([environment, true])
  expect(JSON.stringify(launch)).not.toMatch(/canary|hunter2/)
})

test.each([KEY, `TOKEN=${PAIR}`, 'https://user:hunter2@h'])('an id has nothing of %s that could be guessed', (name) => {
  const [id, again, other] = [nameForId(name, 'a'), nameForId(name, 'a'), nameForId(name, 'b')]
  expect([/canary|hunter2/.test(id), id === again, id === other]).toEqual([false, true, false])
})

test.each(['', 'github', 'My Server (work)', '/home/alice/project'])('an id is made of %j as before', (name) => {
  expect(nameForId(name, 'a')).toBe(name)
})

test('names of two secrets are one', () => {
  const env = { [`${KEY}a`]: '', [`${KEY}b`]: '', A: '' }
  expect(readLaunch({ command: 'x', env }, 'key').environment).toEqual(['unnamed', 'A'])
})

test('reports no package by a secret', () => {
  expect([readSpec('npm', KEY), readSpec('pypi', KEY), readSpec('docker', `x/${KEY}`)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(readSpec('npm', `foo@${KEY}`)).toEqual({ ecosystem: 'npm', name: 'foo', pinned: false })
})

test('reports nothing behind a name, for any value', () => {
  const value = fc.string({ minLength: 8, unit: fc.constantFrom(...'abcXYZ0189+/!$') })
  fc.assert(
    fc.property(
      fc.constantFrom('TOKEN', 'X-Api-Key', 'a.b'),
      fc.constantFrom('=', ':', ': ', ' : '),
      value,
      (name, sign, rest) => {
        expect([name, 'unnamed']).toContain(toldVariable(name + sign + rest))
        expect([name, undefined]).toContain(toldProgram([name + sign + rest]))
      },
    ),
  )
})
