import { packageOf } from '../../../src/discovery/mcp/package-spec.ts'

const npm = (name: string, version?: string, pinned = false) => ({
  ecosystem: 'npm',
  name,
  ...(version === undefined ? {} : { version }),
  pinned,
})

test.each<[string, unknown]>([
  ['npx -y @modelcontextprotocol/server-filesystem /srv', npm('@modelcontextprotocol/server-filesystem')],
  ['npx --yes @playwright/mcp@latest --headless', npm('@playwright/mcp', 'latest')],
  ['npx @playwright/mcp@0.0.41', npm('@playwright/mcp', '0.0.41', true)],
  ['npx @playwright/mcp@^0.0.41', npm('@playwright/mcp', '^0.0.41')],
  ['npx --package=@a/b@1.2.3 b', npm('@a/b', '1.2.3', true)],
  ['npx -p @a/b c', npm('@a/b')],
  ['npx --registry https://r.example some-mcp', npm('some-mcp')],
  ['npm exec -- some-mcp', npm('some-mcp')],
  ['pnpm dlx some-mcp', npm('some-mcp')],
  ['bunx some-mcp@2.0.0', npm('some-mcp', '2.0.0', true)],
  ['uvx mcp-server-git', { ecosystem: 'pypi', name: 'mcp-server-git', pinned: false }],
  ['uvx --from mcp-x==1.0.2 run-x', { ecosystem: 'pypi', name: 'mcp-x', version: '1.0.2', pinned: true }],
  ['uv tool run mcp-x@1.0.2', { ecosystem: 'pypi', name: 'mcp-x', version: '1.0.2', pinned: true }],
  ['uvx --with secrets mcp-x[cli]', { ecosystem: 'pypi', name: 'mcp-x', pinned: false }],
  [
    'docker run -i --rm -e TOKEN ghcr.io/github/github-mcp-server',
    { ecosystem: 'docker', name: 'ghcr.io/github/github-mcp-server', pinned: false },
  ],
  ['docker run mcp/fetch:1.2', { ecosystem: 'docker', name: 'mcp/fetch', version: '1.2', pinned: false }],
  [
    `podman run a/b@sha256:${'0'.repeat(64)}`,
    { ecosystem: 'docker', name: 'a/b', version: `sha256:${'0'.repeat(57)}`, pinned: true },
  ],
])('%s names its package', (line, expected) => {
  const [program = '', ...args] = line.split(' ')
  expect(packageOf(program, args)).toEqual(expected)
})

test.each([
  'node server.js',
  'npx',
  'npx -y',
  'npx git+https://user:secret@host/repo.git',
  'npx /home/alice/secret-project',
  'npx ./server',
  'npx https://example.com/?token=abc',
  'npm install some-mcp',
  'uv run server.py',
  'docker ps',
  'constructor some-mcp',
])('of %s no package is told', (line) => {
  const [program = '', ...args] = line.split(' ')
  expect(packageOf(program, args)).toBeUndefined()
})
