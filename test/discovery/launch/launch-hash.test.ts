import { readLaunch } from '../../../src/discovery/launch/launch.ts'

const hash = (entry: Record<string, unknown>, key = 'key') => readLaunch(entry, key).launchHash

const BASE = { command: 'x', args: ['a'], env: { A: '1' } }
const REACHED = { url: 'https://h/mcp', headers: { A: '1' } }
const ZED = { command: { path: 'x', args: ['a'], env: { A: '1' } } }

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ['an argument', BASE, { ...BASE, args: ['b'] }],
  ['an argument that is no text', BASE, { ...BASE, args: ['a', 1] }],
  ['one of more arguments than are looked at', many('a'), many('b')],
  ['a value', BASE, { ...BASE, env: { A: '2' } }],
  ['a value that is no text', { ...BASE, env: { A: 1 } }, { ...BASE, env: { A: 2 } }],
  ['a variable', BASE, { ...BASE, env: {} }],
  ['one of more variables than are looked at', manyVariables('a'), manyVariables('b')],
  ['the program', BASE, { ...BASE, command: 'y' }],
  ['its folder', BASE, { ...BASE, cwd: '/tmp/evil' }],
  ['its folder, as Warp says it', BASE, { ...BASE, working_directory: '/tmp/evil' }],
  ['a file of variables', BASE, { ...BASE, envFile: '/tmp/evil' }],
  ['variables that are handed on', BASE, { ...BASE, env_vars: ['LD_PRELOAD'] }],
  ['where a token comes from', REACHED, { ...REACHED, bearer_token_env_var: 'OTHER' }],
  ['which variables are sent', REACHED, { ...REACHED, env_http_headers: { A: 'OTHER' } }],
  ['a command that makes headers', REACHED, { ...REACHED, headersHelper: '/tmp/evil.sh' }],
  ['that command', { ...REACHED, headersHelper: '/bin/good' }, { ...REACHED, headersHelper: '/tmp/evil' }],
  ['a header', REACHED, { ...REACHED, headers: { A: '2' } }],
  ['where it asks for a token', REACHED, { ...REACHED, oauth: { authServerMetadataUrl: 'https://evil' } }],
  ['a part deep in an option', deep('a'), deep('b')],
  ['the address', REACHED, { ...REACHED, url: 'https://h/other' }],
  ['another address beside it', REACHED, { ...REACHED, httpUrl: 'https://evil/' }],
  ['which of a command and an address counts', both('stdio'), both('http')],
  ['variables within the command', ZED, { command: { ...ZED.command, env: { A: '2' } } }],
  ['headers within a request', inRequest('1'), inRequest('2')],
  ['what nobody knows yet', BASE, { ...BASE, launcherOfNextYear: '/tmp/evil' }],
])('another launch has another hash: %s', (_, before, after) => expect(hash(after)).not.toBe(hash(before)))

test.each<[string, Record<string, unknown>]>([
  ['the order of its members', { env: { A: '1' }, args: ['a'], command: 'x' }],
  ['that it is off', { ...BASE, disabled: true, enabled: false }],
  ['what it may do unasked', { ...BASE, autoApprove: ['read'], alwaysAllow: ['read'], trust: true }],
  [
    'which tools are on',
    { ...BASE, tools: { read: {} }, disabledTools: ['x'], enabled_tools: [], includeTools: ['y'] },
  ],
  ['how long it may take', { ...BASE, timeout: 1, startup_timeout_sec: 2, tool_timeout_sec: 3, timeoutMs: 4 }],
  ['what it is called', { ...BASE, name: 'x', description: 'y', display_name: 'z', id: 'i' }],
  ['a type where there is nothing to choose', { ...BASE, type: 'stdio' }],
])('%s is no other launch', (_, entry) => expect(hash(entry)).toBe(hash(BASE)))

test('the order within an option is no other launch', () => {
  const option = (oauth: Record<string, unknown>) => hash({ ...REACHED, oauth })
  expect(option({ a: '1', b: { c: '2', d: '3' } })).toBe(option({ b: { d: '3', c: '2' }, a: '1' }))
})

/** As @cline/core 0.0.86 writes them beside the server. */
test('that a person logged in, and with which tokens, is no other launch', () => {
  const state = (at: number) => ({
    clientInformation: { client_id: `c${at}` },
    tokens: { access_token: `t${at}` },
    codeVerifier: `v${at}`,
    discoveryState: { at },
    redirectUrl: `http://127.0.0.1:${at}/`,
    lastError: 'x',
    authorizationRequired: false,
    lastAuthenticatedAt: at,
  })
  expect(hash({ ...REACHED, oauth: state(1) })).toBe(hash(REACHED))
  const asked = (oauth: Record<string, unknown>) => hash({ ...REACHED, oauth: { clientId: 'a', ...oauth } })
  expect(asked(state(2))).toBe(asked({}))
  expect(asked({ clientId: 'b' })).not.toBe(asked({}))
})

test('it is keyed', () => expect(hash(BASE, 'other')).not.toBe(hash(BASE)))

// As they were made before more than words, address, variables and headers was looked at.
test.each<[Record<string, unknown>, string]>([
  [
    { command: 'npx', args: ['-y', 'a@1.0.0'], env: { A: '1' }, type: 'stdio', disabled: false },
    '74b3928dc54513dd4f2735c3bc06ccd8',
  ],
  [{ url: 'https://h/mcp', type: 'http', headers: { B: '2' }, timeout: 5 }, 'cd9a19db0121f4079994c6737191be2d'],
  [{ command: { path: 'z', args: ['-x'] }, source: 'custom' }, '145a558273003472e1525c5554e4a066'],
  [{ type: 'local', command: ['a', 'b'], environment: { C: '3' }, enabled: true }, 'a72ff8b2ee5f8dc9d41d01fdbf24d71b'],
  // However its words are understood.
  [{ command: 'bash', args: ['-lc', 'source ~/.nvm/nvm.sh && npx -y foo'] }, '126dd1f2b7c011bfdc9b5c7810692c76'],
  [{ command: '/usr/bin/npx -y foo' }, '9457ee7d71497c8ef26ccc6176101eb7'],
  [{ command: 'npx  -y "a b"' }, 'e37dada3b99b74b160de90476b280d7b'],
  [{ command: 'C:\\Program Files\\x.exe -y' }, '07612ef674653584d8f90f488c984948'],
])('an update of the daemon is no change: %j', (entry, before) => expect(hash(entry)).toBe(before))

test('an option without end is read to a bound', () => {
  const ring: Record<string, unknown> = { a: 'x' }
  ring.again = [ring, ring, ring]
  expect(hash({ ...BASE, ring })).toMatch(/^[0-9a-f]{32}$/)
})

function many(last: string) {
  return { ...BASE, args: [...Array.from({ length: 300 }, () => 'a'), last] }
}

function manyVariables(last: string) {
  return { ...BASE, env: Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`V${at}`, at === 79 ? last : ''])) }
}

function deep(last: string) {
  return { ...REACHED, sandbox: { a: { b: { c: [{ d: last }] } } } }
}

function both(type: string) {
  return { ...BASE, ...REACHED, type }
}

function inRequest(value: string) {
  return { url: 'https://h', requestInit: { headers: { A: value } } }
}
