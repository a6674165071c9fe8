import { readLaunch } from '../../../src/discovery/launch/launch.ts'

function told(line: string): string | undefined {
  const [command = '', ...args] = line.split(' ')
  const { runs } = readLaunch({ command, args }, 'key')
  return runs && `${runs.kind} ${runs.name}`
}

test.each([
  ['node /opt/corp/github.js', 'script github.js'],
  ['node /tmp/evil.js --x', 'script evil.js'],
  ['node --import tsx C:\\\\x\\\\server.mjs'.replaceAll('\\\\', '\\'), 'script x/server.mjs'],
  ['node /srv/github-mcp/dist/index.js', 'script github-mcp/index.js'],
  ['node /home/alice/server.js', 'script server.js'],
  [`node /srv/ghp_${'a'.repeat(36)}/index.js`, 'script index.js'],
  ['/usr/bin/python3.13 /srv/weather.py', 'script weather.py'],
  ['python -m good_server --x', 'module good_server'],
  ['bun run /srv/weather.ts', 'script weather.ts'],
  ['uv --directory /srv run weather.py', 'script weather.py'],
  ['uv run --with mcp[cli] mcp run weather.py', 'script weather.py'],
  ['java -jar /srv/weather.jar', 'script weather.jar'],
  ['bash /srv/weather.sh', 'script weather.sh'],
  ['env A=b weather --x', 'program weather'],
  ['env A=b node /srv/weather.js', 'script weather.js'],
  ['uvx --from git+https://github.com/good/x x', 'repository github.com/good/x'],
  ['uvx --from git+https://user:canary@github.com/good/x.git@v1#egg=canary x', 'repository github.com/good/x'],
  ['npx -y github:good/x#v1', 'repository github.com/good/x'],
  ['npx good/x', 'repository github.com/good/x'],
  ['npx git+ssh://git@git.example:2222/team/x.git', 'repository git.example:2222'],
  ['uvx --from git+https://user:canary@example.org/canary srv', 'repository example.org'],
  ['npx https://user:canary@x.example/canary/a-1.0.0.tgz?token=canary', 'address x.example/…/a-1.0.0.tgz'],
  ['npx https://x.example/canary', 'address x.example'],
  ['deno run -A https://x.example/mod.ts?canary', 'address x.example/…/mod.ts'],
  ['deno run jsr:@good/x@1.2.3', 'address jsr:@good/x@1.2.3'],
  ['npx git+https://x.example/k7Qz2mP9xR4tW8vBcanary/a.git', 'repository x.example'],
])('%s runs %s', (line, expected) => expect(told(line)).toBe(expected))

test.each([
  ['bash', '-c', 'good --canary canary', 'program good'],
  ['bash', '-lc', 'TOKEN=canary exec /opt/good canary', 'program good'],
  ['sh', '-c', 'node /srv/good.js canary', 'script good.js'],
  ['cmd', '/c', 'C:\\x\\good.exe canary', 'program good'],
])('%s %s %j runs %s', (command, flag, line, expected) => {
  const { runs } = readLaunch({ command, args: [flag, line] }, 'key')
  expect(runs && `${runs.kind} ${runs.name}`).toBe(expected)
})

test.each([
  // A program that is started as it is, or a package: that is told already.
  ...['/opt/bin/weather --x', 'npx -y some-mcp', 'docker run img', 'npx mcp-remote https://h'],
  // Code, and what nobody can tell.
  ...[
    'node -e canary',
    'python3 -c canary',
    'node',
    'bash',
    'ruby canary',
    'uv run canary',
    'npx --flag-of-next-year canary',
  ],
  // What could be anything.
  ...[
    'node /srv/sk-aaaaaaaaaaaaaaaaaaaaaaaa.js',
    'node /srv/k7Qz2mP9xR4tW8vBcanary.js',
    'python -m k7Qz2mP9xR4tW8vBcanary',
  ],
  ...[
    'node data:text/javascript,canary',
    'node $CANARY',
    'node $' + '{CANARY}',
    `node ${'a'.repeat(300)}.js`,
    'npx ./canary',
  ],
  ...[
    'npx /home/canary',
    'docker run /etc/canary',
    'uvx --from ./canary x',
    'npx https://sk-aaaaaaaaaaaaaaaaaaaaaaaa/x',
  ],
])('of %s reports nothing more', (line) => expect(told(line)).toBeUndefined())

test('reports nothing else of a line of a shell', () => {
  for (const line of ['$CANARY', '"/my folder/canary', '', ' ', 'A=canary', `sk-${'a'.repeat(24)}`]) {
    expect(readLaunch({ command: 'bash', args: ['-c', line] }, 'key').runs).toBeUndefined()
  }
})
