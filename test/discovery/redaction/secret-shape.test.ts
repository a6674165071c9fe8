import { looksSecret } from '../../../src/discovery/redaction/known-tokens.ts'
import { looksRandom } from '../../../src/discovery/redaction/random-text.ts'
import { holdsSecretArgument, isSecretAddress, isSecretMember } from '../../../src/discovery/redaction/secret-shape.ts'
import { isLinear } from '../../support/linear-cost.ts'

const DOLLAR = '$'
const TOKEN = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.c`

test.each(['', 'Bearer ', '--token=', 'x/', '"'])('a web token behind %j is a secret', (before) => {
  expect([looksSecret(before + TOKEN), looksSecret(before + TOKEN.slice(0, 20))]).toEqual([true, false])
})

test.each([`${DOLLAR}{TOKEN}`, `Bearer ${DOLLAR}{TOKEN:-${DOLLAR}{OTHER}}`, '{env:TOKEN}', '$TOKEN', '%TOKEN%'])(
  '%s names a secret',
  (value) => {
    expect([isSecretMember('token', value), isSecretMember('token', 'canarycanary')]).toEqual([false, true])
  },
)

test.each(['-eyJ', 'eyJ', 'sk-', 'ya29.', 'a:', `${DOLLAR}{`, '{env:', '-----BEGIN ', 'https://a:', '%a'])(
  'a text of nothing but %j takes time that grows with it',
  async (part) => {
    const look = (units: number) => {
      const text = part.repeat(Math.ceil(units / part.length))
      looksSecret(`x${text}`)
      isSecretMember('token', `x${text}`)
      isSecretMember('key', `x${text}`)
      holdsSecretArgument([`x${text}`, `TOKEN=${text}`])
      isSecretAddress(`https://h/${text}`)
    }
    expect(await isLinear(look, 128 * 1024)).toBe(true)
  },
)

const VALUE = 'hunter2hunterabcdef'

test.each([
  ...[
    'PGPASSWORD',
    'MYSQL_PWD',
    'DB_PASS',
    'OPENAI_KEY',
    'GITHUB_PAT',
    'X-Key',
    'REDISCLI_AUTH',
    'NPM_TOKEN',
    'accessToken',
  ],
  ...[
    'CLIENTSECRET',
    'AWS_SECRET_ACCESS_KEY',
    'VAULT_SECRET_ID',
    'Authorization',
    'CF-Access-Client-Secret',
    '--api-key',
  ],
  ...['--oauth2Bearer', 'Cookie', 'encryptionKey', 'SSH_PRIVATE_KEY', 'GOOGLE_CREDENTIALS', 'DB_PASSPHRASE'],
])('%s names a secret', (name) => {
  expect([isSecretMember(name, VALUE), isSecretMember(name, ''), isSecretMember(name, `${DOLLAR}{X}`)]).toEqual([
    ...[true, false, false],
  ])
})

test.each([
  ...[
    'PWD',
    'OLDPWD',
    'AUTHOR',
    'KEYBOARD_LAYOUT',
    'PATH',
    'MAX_TOKENS',
    'PASSENGER_ID',
    'COMPASS',
    'BYPASS_CACHE',
    'PATTERN',
  ],
  ...[
    'TOKEN_URL',
    'PASSWORD_FILE',
    'API_KEY_HEADER',
    'AUTH_TYPE',
    'auth-mode',
    'TOKEN_LIMIT',
    'CREDENTIALS_PATH',
    'KEY_ID',
  ],
  ...['AUTH_PROVIDER', 'authServer', 'SECRET_NAME', 'bearer_token_env_var', 'SSH_PUBLIC_KEY', 'SORT_KEY', 'CLIENT_ID'],
])('%s names none', (name) => expect(isSecretMember(name, VALUE)).toBe(false))

test.each<[string, string]>([
  ['password', 'correcthorse'],
  ['Authorization', 'Bearer abcdefgh12345678'],
  ['Authorization', 'Basic dXNlcjpwYXNz'],
  ['API_KEY', '0d0c9ae4-58e7-4f1c-9a3c-3a1d6a7c2f10'],
  ['TOKEN', '/abcdef+ghij1234='],
  ['Cookie', 'theme=dark; session=hunter2hunterabcdef'],
  ['MY_KEY', 'a1b2c3d4e5f6'],
  ['DATABASE_URL', 'postgres://user:abcdefgh@db/x'],
  ['SERVICE_URL', 'https://h/mcp?api_key=abcdefgh12345678'],
])('%s=%s is a secret', (name, value) => expect(isSecretMember(name, value)).toBe(true))

test.each<[string, string]>([
  ...[
    `${DOLLAR}{VAR}`,
    `${DOLLAR}{env:VAR}`,
    `${DOLLAR}{input:my-token}`,
    `${DOLLAR}MY_TOKEN`,
    '%MY_TOKEN%',
    '{{ TOKEN_OF_MINE }}',
  ].map((value): [string, string] => ['API_TOKEN', value]),
  ['API_TOKEN', `Bearer ${DOLLAR}{env:MY_TOKEN}`],
  ['API_TOKEN', `${DOLLAR}(pass show token)`],
  ['API_TOKEN', 'op://vault/item/field'],
  ['API_TOKEN', 'Bearer op://vault/item/field'],
  ['API_TOKEN', 'vault://secret/data/x'],
  ['API_TOKEN', 'GITHUB_PERSONAL_TOKEN'],
  ['API_TOKEN', 'YOUR_API_KEY_HERE1'],
  ['API_TOKEN', 'your-token-here'],
  ['API_TOKEN', '<your token>'],
  ['API_TOKEN', '[token of the service]'],
  ['API_TOKEN', 'xxxxxxxxxxxxxxxx'],
  ['API_TOKEN', '****************'],
  ['API_TOKEN', 'REPLACE_ME_PLEASE_1'],
  ['API_TOKEN', 'example-token-1'],
  ['API_TOKEN', '/run/secrets/token'],
  ['API_TOKEN', '~/.config/token'],
  ['API_TOKEN', 'C:\\secrets\\token.txt'],
  ['API_TOKEN', '100000000'],
  ['API_TOKEN', 'required'],
  ['API_TOKEN', 'short'],
  ['GOOGLE_APPLICATION_CREDENTIALS', '/home/alice/key-2024.json'],
  ['AUTH', 'oauth2-device-code'.replace('2', '')],
  ['AUTH', 'login.example1.com'],
  ['MY_KEY', 'created-by-somebody'],
  ['MY_KEY', 'v1.22.333-alpha4'],
  ['Cookie', 'theme=dark; language=en'],
  ['DATABASE_URL', `postgres://user:${DOLLAR}{DB_PASSWORD}@db/x`],
  ['AUTH_SERVER', 'https://login.example.com/v1/authorize1234'],
  ['PROJECT', '0d0c9ae4-58e7-4f1c-9a3c-3a1d6a7c2f10'],
])('%s=%s is no secret', (name, value) => expect(isSecretMember(name, value)).toBe(false))

test.each<[readonly string[]]>([
  [['docker', 'run', '-e', 'BRAVE_API_KEY=abcdefgh12345678', 'mcp/brave']],
  [['docker', 'run', '-eBRAVE_API_KEY=abcdefgh12345678', 'mcp/brave']],
  [['docker', 'run', '--env=BRAVE_API_KEY=abcdefgh12345678', 'mcp/brave']],
  [['env', 'FOO_TOKEN=abcdefgh12345', 'server']],
  [['mcp-remote', 'https://h', '--header', 'Authorization: Bearer abcdefgh12345678']],
  [['mcp-remote', 'https://h', '--header', 'Authorization:abcdefgh12345678']],
  [['mcp-remote', 'https://h', '--header=X-Api-Key: abcdefgh12345678']],
  [['mcp-proxy', '--headers', 'Authorization', 'Bearer abcdefgh12345678', 'https://h']],
  [['supergateway', '--oauth2Bearer', 'abcdefgh12345678']],
  [['sh', '-c', 'FOO_TOKEN=abcdefgh12345 server']],
  [['sh', '-c', 'server --token abcdefgh12345']],
  [['sh', '-c', 'FOO_TOKEN="abcdefgh12345" server']],
  [['server', '--url', 'https://h/?access_token=abcdefgh12345678']],
])('a command holds a secret: %j', (words) => expect(holdsSecretArgument(words)).toBe(true))

test.each<[readonly string[]]>([
  [['docker', 'run', '-e', 'BRAVE_API_KEY', 'mcp/brave']],
  [['docker', 'run', '-e', `BRAVE_API_KEY=${DOLLAR}{BRAVE_API_KEY}`, 'mcp/brave']],
  [['docker', 'run', '-v', '/home/alice/tokens:/tokens:ro', '-e', 'PWD=/workspace12345678', 'mcp/x:1.22.333']],
  [['env', 'FOO_TOKEN=', 'server']],
  [['env', 'PATH=/usr/local/bin:/usr/bin', 'LOG=debug-verbose-12', 'server']],
  [['mcp-remote', 'https://h', '--header', `Authorization: Bearer ${DOLLAR}{TOKEN}`]],
  [['mcp-remote', 'https://h', '--header', `Authorization:${DOLLAR}{AUTH_HEADER}`]],
  [['mcp-remote', 'https://h', '--header', 'X-Project: 0d0c9ae4-58e7-4f1c-9a3c-3a1d6a7c2f10']],
  [['mcp-proxy', '--headers', 'Accept', 'application/json-seq1', 'https://h']],
  [['server', '--token-file', '/run/secrets/token-of-mine', '--auth', 'interactive-login']],
  [['server', '--author', 'somebody with a token and a password', '--key', 'name-of-a-thing']],
  [['C:\\tokens\\token.exe', '--sort-key', 'created_at_2024x']],
  [['sh', '-c', 'echo "the token: see the password file" && server --auth-mode basic-or-digest1']],
])('a command holds none: %j', (words) => expect(holdsSecretArgument(words)).toBe(false))

test.each([
  'https://mcp.zapier.com/api/mcp/s/MDA4ZTU2NDktYzY4Mi00NDU2LTk2NTItNzM1OTI5/mcp',
  'https://h/k7Qz2mP9xR4tW8vB/sse',
  'https://user:abcdefgh@h/',
  'https://h/mcp?token=abcdefgh12345678',
  'https://h/mcp?key=a1b2c3d4e5f6',
])('%s holds a secret', (address) => expect(isSecretAddress(address)).toBe(true))

test.each([
  'https://mcp.example.com/v1beta1/streamableHttp2025June18/sse',
  'https://h/projects/0d0c9ae4-58e7-4f1c-9a3c-3a1d6a7c2f10/mcp',
  'https://h/3f786850e387550fdab836ed7e6dc881de23001b',
  'https://h/my-server-2024-01-01/build-33-eu-west-1-production',
  'https://h/MyVeryLongServiceNameWithWords2And3Numbers',
  `https://user:${DOLLAR}{PASSWORD}@h/`,
  `https://h/mcp?api_key=${DOLLAR}{API_KEY}`,
  'https://h/%E0%A4%A/%',
  'no address',
])('%s holds none', (address) => expect(isSecretAddress(address)).toBe(false))

test.each<[string, boolean]>([
  ['k7Qz2mP9xR4tW8vB', true],
  ['k7Qz2mP9xR4tW8v', false],
  ['internationalization2Support3', false],
  ['0123456789012345', false],
  ['deadbeefdeadbeef01', false],
  ['ABCDEFGHIJKLMNOPQ', false],
])('%s reads as drawn by chance: %s', (run, random) => expect(looksRandom(run)).toBe(random))
