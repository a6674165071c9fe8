import fc from 'fast-check'
import { isServerEntry, readLaunch } from '../../../src/discovery/launch/launch.ts'

const facts = (entry: Record<string, unknown>) => {
  const { launchHash: _, environment, ...rest } = readLaunch(entry, 'key')
  const { transport, command, package: spec, runs, endpoint, ...verdicts } = rest
  const raised = Object.entries(verdicts).flatMap(([name, value]) => (value === true ? [name] : []))
  return {
    transport,
    command,
    package: spec?.name,
    runs: runs && `${runs.kind} ${runs.name}`,
    endpoint,
    environment,
    raised,
  }
}
const fact = (over: Record<string, unknown>) => ({
  transport: 'stdio',
  command: undefined,
  package: undefined,
  runs: undefined,
  endpoint: undefined,
  environment: [],
  raised: [],
  ...over,
})

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ['a command', { command: '/opt/mcp/server', args: ['--port', '1'] }, { command: '/opt/mcp/server' }],
  ['a command with a space: behind it could be arguments', { command: '/opt/my server/mcp' }, { command: '/opt/my' }],
  [
    'a whole line as command',
    { command: 'npx -y some-mcp' },
    { command: 'npx', package: 'some-mcp', raised: ['unpinned'] },
  ],
  [
    'a list as command (OpenCode)',
    { type: 'local', command: ['npx', 'some-mcp@1.0.0'], environment: { A: 'b' } },
    { command: 'npx', package: 'some-mcp', environment: ['A'] },
  ],
  [
    'an object as command (Zed)',
    { command: { path: 'node', args: ['x.js'] } },
    { command: 'node', runs: 'script x.js' },
  ],
  [
    'cmd and envs (Goose)',
    { cmd: 'uvx', args: ['mcp-x'], envs: { A: '1' } },
    { command: 'uvx', package: 'mcp-x', environment: ['A'], raised: ['unpinned'] },
  ],
  [
    'a shell around a launcher',
    { command: 'bash', args: ['-lc', 'exec npx some-mcp@1.0.0'] },
    { command: 'bash', package: 'some-mcp', raised: ['shell'] },
  ],
  [
    'a Windows shell around a launcher',
    { command: 'C:\\Windows\\System32\\cmd.exe', args: ['/c', 'npx.cmd', '-y', 'some-mcp'] },
    { command: 'C:\\Windows\\System32\\cmd.exe', package: 'some-mcp', raised: ['unpinned', 'shell'] },
  ],
  [
    'env around a launcher',
    { command: 'env', args: ['A=b', 'uvx', 'mcp-x==1.0'] },
    { command: 'env', package: 'mcp-x' },
  ],
  ['an address', { url: 'https://mcp.example.com/v1/sse' }, { transport: 'http', endpoint: 'https://mcp.example.com' }],
  ['an address of Windsurf', { serverUrl: 'https://h:8443/x' }, { transport: 'http', endpoint: 'https://h:8443' }],
  [
    'an address of Gemini in the clear',
    { httpUrl: 'http://10.0.0.1:3000/mcp' },
    { transport: 'http', endpoint: 'http://10.0.0.1:3000', raised: ['cleartext'] },
  ],
  [
    'an address on this machine',
    { url: 'http://localhost:3000' },
    { transport: 'http', endpoint: 'http://localhost:3000' },
  ],
  ['server-sent events', { type: 'sse', url: 'https://h/' }, { transport: 'sse', endpoint: 'https://h' }],
  [
    'a bridge to an address',
    { command: 'npx', args: ['-y', 'mcp-remote@0.1.2', 'https://user:pass@h/mcp?x=1', '--allow-http'] },
    { command: 'npx', package: 'mcp-remote', endpoint: 'https://h', raised: ['plaintextSecret'] },
  ],
  [
    'a bridge in the clear',
    { command: 'sh', args: ['-c', 'npx mcp-remote@0.1.2 "http://evil.example/sse"'] },
    { command: 'sh', package: 'mcp-remote', endpoint: 'http://evil.example', raised: ['shell', 'cleartext'] },
  ],
  [
    'a bridge to this machine',
    { command: 'mcp-remote', args: ['http://localhost:3000/sse'] },
    { command: 'mcp-remote', endpoint: 'http://localhost:3000' },
  ],
  [
    'a bridge that has an address of its own: the client goes there',
    { command: 'mcp-remote', args: ['http://evil.example/'], url: 'https://h/' },
    { command: 'mcp-remote', endpoint: 'https://h' },
  ],
  [
    'variables within the command (Zed)',
    { command: { path: 'z', args: [], env: { API_KEY: 'abcdefgh12345678' } } },
    { command: 'z', environment: ['API_KEY'], raised: ['plaintextSecret'] },
  ],
  [
    'headers within a request',
    { url: 'https://h', requestInit: { headers: { Authorization: 'Bearer abcdefgh12345678' } } },
    { transport: 'http', endpoint: 'https://h', environment: ['Authorization'], raised: ['plaintextSecret'] },
  ],
  [
    'a launcher of what has no name of a package',
    { command: 'uvx', args: ['--from', 'git+https://github.com/a/b', 'srv'] },
    { command: 'uvx', runs: 'repository github.com/a/b', raised: ['unpinned'] },
  ],
  [
    'a launcher with a flag that nobody knows',
    { command: 'npx', args: ['--flag-of-next-year', 'canary-value', 'pkg'] },
    { command: 'npx', raised: ['unpinned'] },
  ],
  ['an address that is none', { url: 'not an address' }, { transport: 'http' }],
])('%s', (_name, entry, expected) => {
  expect(facts(entry)).toEqual(fact(expected))
})

test.each<[string, Record<string, unknown>]>([
  ['in a variable', { command: 'x', env: { GITHUB_TOKEN: 'abcdefgh12345678' } }],
  ['in a variable with an innocent name', { command: 'x', env: { A: `ghp_${'a'.repeat(36)}` } }],
  ['in a header', { url: 'https://h', headers: { Authorization: 'Bearer abcdefgh12345678' } }],
  ['in an argument', { command: 'x', args: [`sk-${'a'.repeat(24)}`] }],
  ['after a flag', { command: 'x', args: ['--api-key', 'abcdefgh12345678'] }],
  ['with a flag', { command: 'x', args: ['--apiKey=abcdefgh12345678'] }],
  ['in a query', { url: 'https://h/mcp?api_key=abcdefgh12345678' }],
  ['in the address', { url: 'https://user:abcdefgh12345678@h/mcp' }],
  ['in a database address', { command: 'x', args: ['postgresql://u:abcdefgh@db/x'] }],
  ['in a whole line', { command: 'x --token abcdefgh12345678' }],
  ['before a program', { command: 'MY-API-KEY=abcdefgh12345678 x' }],
  ['in an option', { url: 'https://h', bearerToken: 'abcdefgh12345678' }],
  ['in a list of variables', { command: 'x', env: ['LOG=debug', 'API_KEY=abcdefgh12345678'] }],
  ['in a list of headers', { url: 'https://h', headers: [{ name: 'X-Api-Key', value: 'abcdefgh12345678' }] }],
  ['in a list of keys', { url: 'https://h', apiKeys: ['abcdefgh12345678'] }],
  ['in a group of options', { url: 'https://h', oauth: { clientId: 'public', clientSecret: 'abcdefgh12345678' } }],
])('a secret %s is noticed and goes nowhere', (_name, entry) => {
  const launch = readLaunch(entry, 'key')
  expect(launch.plaintextSecret).toBe(true)
  expect(JSON.stringify(launch)).not.toMatch(/abcdefgh|aaaaaaaa/)
})

test.each<[string, Record<string, unknown>]>([
  ['a reference to a variable', { command: 'x', env: { GITHUB_TOKEN: `$\{GITHUB_TOKEN_FROM_ENV}` } }],
  ['a reference of OpenCode', { url: 'https://h', headers: { Authorization: 'Bearer {env:MY_TOKEN}' } }],
  ['an input of VS Code', { command: 'x', env: { API_KEY: `$\{input:api-key}` } }],
  ['a placeholder', { command: 'x', env: { API_KEY: '<your api key here>' } }],
  ['a vault reference', { command: 'x', env: { API_KEY: 'op://vault/item/field' } }],
  ['an empty value', { command: 'x', env: { API_KEY: '' } }],
  ['an ordinary variable', { command: 'x', env: { LOG_LEVEL: 'debug-verbose-mode', AUTHOR: 'somebody long' } }],
  ['an option that names a variable', { url: 'https://h', bearer_token_env_var: 'GITHUB_PERSONAL_TOKEN' }],
  ['a header that names a variable', { url: 'https://h', env_http_headers: { Token: 'MY_TOKEN_VARIABLE' } }],
  ['an option of another kind', { url: 'https://h', authProviderType: 'google_credentials' }],
  ['an option that refers', { url: 'https://h', apiKey: `$\{input:the-api-key}` }],
  ['a list of ordinary variables', { command: 'x', env: ['LOG=debug-verbose1', 1, { name: 'A', value: 'b' }] }],
  ['a list of references', { command: 'x', env: [`API_KEY=$\{API_KEY}`, 'TOKEN'] }],
  ['ordinary arguments', { command: 'x', args: ['--root', '/home/alice/tokens', '--author', 'somebody'] }],
])('%s is no secret', (_name, entry) => {
  expect(readLaunch(entry, 'key').plaintextSecret).toBe(false)
})

test.each([null, 1, 'npx', [], {}, { args: ['x'] }, { command: '' }, { command: 1 }, { url: '' }, { command: [] }])(
  '%j is no server',
  (value) => {
    expect(isServerEntry(value)).toBe(false)
  },
)

test('reads any launch without a throw, and leaks nothing but the name of its program', () => {
  const secret = 'CANARY-7f3a'
  const value = fc.oneof(
    fc.string(),
    fc.constant(secret),
    fc.integer(),
    fc.array(fc.string()),
    fc.dictionary(fc.string(), fc.string()),
  )
  const entry = fc.record(
    {
      command: fc.oneof(fc.constantFrom('npx', 'bash', 'env', 'uvx', 'docker'), value),
      args: fc.array(
        fc.oneof(
          fc.constantFrom('-c', '-y', '--from', secret),
          fc.string().map((text) => text + secret),
        ),
      ),
      env: fc.dictionary(fc.string(), fc.constant(secret)),
      headers: fc.dictionary(fc.string(), fc.constant(secret)),
      url: fc.webUrl({ withQueryParameters: true }).map((url) => `${url}/${secret}`),
    },
    { requiredKeys: ['args'] },
  )
  fc.assert(
    fc.property(entry, (random) => {
      const { command, package: spec, runs, ...told } = readLaunch(random as Record<string, unknown>, 'key')
      expect(JSON.stringify(told)).not.toContain(secret)
    }),
  )
})
