import fc from 'fast-check'
import { launchForms } from '../../../src/discovery/launch/launch-forms.ts'

const KEY = 'k'

/** How strictly the command of a configuration and a command line are the same. */
function sameness(configured: readonly string[], runs: readonly string[]): string {
  const [a, b] = [launchForms(configured, KEY), launchForms(runs, KEY)]
  for (const level of ['exact', 'loose', 'program'] as const) {
    if (a?.[level] !== undefined && a[level] === b?.[level]) return level
  }
  return 'different'
}

const NODE = '/usr/bin/node'
const GIT = ['uvx', '--from', 'git+https://github.com/a/b', 'server']
const NPX = ['npx', '-y', '@model/server-fs@1.2.0', '/tmp']

test.each<[string, readonly string[], readonly string[], string]>([
  ['the same words', ['my-server', '--x'], ['my-server', '--x'], 'exact'],
  ['npx, run by node', NPX, [NODE, '/usr/bin/npx', '-y', '@model/server-fs@1.2.0', '/tmp'], 'exact'],
  [
    'npx, by the name of its file',
    NPX,
    [NODE, '/usr/lib/node_modules/npm/bin/npx-cli.js', '-y', ...NPX.slice(2)],
    'exact',
  ],
  ['npx, after npm wrote over its command line', NPX, ['npm exec @model/server-fs@1.2.0 /tmp', '', ''], 'exact'],
  ['npx without a version', NPX, ['npm exec @model/server-fs /tmp', '', ''], 'loose'],
  ['npx of another version', NPX, ['npm', 'exec', '@model/server-fs@2.0.0', '/tmp'], 'loose'],
  [
    'uvx, as it runs',
    ['uvx', 'mcp-time', '--local'],
    ['/home/a/.local/bin/uv', 'tool', 'uvx', 'mcp-time', '--local'],
    'exact',
  ],
  ['docker', ['docker', 'run', '-i', '--rm', 'mcp/fetch'], ['docker', 'run', '--rm', '-i', 'mcp/fetch'], 'exact'],
  [
    'a script that node runs',
    ['node', '/x/server.mjs', '--store', '/s'],
    [NODE, '/x/server.mjs', '--store', '/s'],
    'exact',
  ],
  ['a command that is a script', ['weather', '--x'], [NODE, '/home/a/.npm-global/bin/weather', '--x'], 'loose'],
  ['a command of a virtual environment', ['weather'], ['/x/.venv/bin/python3', '/x/.venv/bin/weather'], 'loose'],
  ['a script whose first line names a shell', ['/x/mcp.sh', '-v'], ['/bin/bash', '/x/mcp.sh', '-v'], 'exact'],
  ['a script whose first line has the shell stop at errors', ['/x/mcp.sh'], ['/bin/sh', '-eu', '/x/mcp.sh'], 'exact'],
  ['a module', ['python', '-m', 'mcp_time'], ['/usr/bin/python3.13', '-m', 'mcp_time'], 'exact'],
  ['with variables before it', ['env', 'A=b', 'weather'], ['weather'], 'exact'],
  ['in a shell', ['sh', '-c', 'exec weather --x'], ['weather', '--x'], 'exact'],
  ['in a shell with variables', ['sh', '-c', 'A=b exec "weather" --x'], ['weather', '--x'], 'exact'],
  [
    'in a shell that has something to do before',
    ['bash', '-lc', 'source ~/.nvm/nvm.sh && npx -y some-mcp@1.0.0 /x'],
    ['npm exec some-mcp@1.0.0 /x', '', ''],
    'exact',
  ],
  [
    'in a shell line that is not understood, with all its words',
    ['bash', '-c', 'eval "$(fnm env)"; weather'],
    ['/usr/bin/bash', '-c', 'eval "$(fnm env)"; weather'],
    'loose',
  ],
  ['behind others', ['timeout', '5', 'nice', 'weather', '--x'], ['weather', '--x'], 'exact'],
  [
    'uvx with flags before',
    ['uv', '--directory', '/x', 'tool', 'run', 'mcp-x'],
    ['uv', 'tool', 'uvx', 'mcp-x'],
    'exact',
  ],
  ['uvx of a repository', GIT, ['/home/a/.local/bin/uv', 'tool', ...GIT], 'exact'],
  ['a bridge', ['npx', '-y', 'mcp-remote', 'https://h'], ['npm', 'exec', 'mcp-remote', 'https://h'], 'exact'],
  [
    'with what the client fills in',
    [...NPX.slice(0, 3), '$HOME'],
    ['npm', 'exec', '@model/server-fs@1.2.0', '/home/a'],
    'program',
  ],
  ['with other arguments', ['weather', 'a'], ['weather', 'b'], 'program'],
])('%s is the same command', (_, configured, runs, level) => expect(sameness(configured, runs)).toBe(level))

test.each<[string, readonly string[], readonly string[]]>([
  ['another program', ['weather'], ['whether']],
  ['another package', NPX, ['npm', 'exec', '@model/server-git', '/tmp']],
  ['a package of another registry', ['npx', 'mcp-time'], ['uvx', 'mcp-time']],
  ['another repository', GIT, ['uv', 'tool', 'uvx', '--from', 'git+https://github.com/evil/b', 'server']],
  ['another script of a common name', ['node', '/a/index.js', 'x'], [NODE, '/b/index.js', 'y']],
  ['an interpreter alone', ['node', '--version'], [NODE, '-e', 'x']],
  ['code that a shell was given', ['/x/mcp.sh'], ['/bin/bash', '-c', 'cat', '/x/mcp.sh']],
  ['what stands behind an option of a shell', ['/x/mcp.sh'], ['/bin/bash', '--rcfile', '/x/mcp.sh']],
  ['another script of a shell', ['/x/mcp.sh', 'a'], ['/bin/bash', '/y/other.sh', 'a']],
  ['a server that is only an argument', ['weather'], ['cat', 'weather']],
  ['what an agent has a shell do with it', ['weather'], ['bash', '-c', 'cd /x && weather --help']],
  ['one of several', ['weather'], ['bash', '-c', 'make; weather']],
])('%s is another command', (_, configured, runs) => expect(sameness(configured, runs)).toBe('different'))

test('no command has no form', () => {
  expect([launchForms([], KEY), launchForms([''], KEY)]).toEqual([undefined, undefined])
})

test('forms are keyed, and hold nothing of the words', () => {
  const forms = launchForms(['weather', 'sk-secret'], KEY)
  expect(forms).not.toEqual(launchForms(['weather', 'sk-secret'], 'other'))
  expect(Object.values(forms ?? {})).toEqual([1, 2, 3].map(() => expect.stringMatching(/^[0-9a-f]{32}$/)))
})

test('any words have forms or none, and the same each time', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(launchForms(words, KEY)).toEqual(launchForms([...words], KEY))
    }),
  )
})
