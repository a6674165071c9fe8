import { packageLaunch } from '../../../src/discovery/launch/package-launch.ts'

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
  ['uvx mcp-x>=1.0,<2', { ecosystem: 'pypi', name: 'mcp-x', version: '>=1.0,<2', pinned: false }],
  ['uvx --prerelease allow mcp-x', { ecosystem: 'pypi', name: 'mcp-x', pinned: false }],
  ['uv --directory /srv tool run mcp-x', { ecosystem: 'pypi', name: 'mcp-x', pinned: false }],
  ['npx --loglevel error some-mcp', npm('some-mcp')],
  ['npm --silent exec some-mcp', npm('some-mcp')],
  ['pnpm --silent dlx some-mcp', npm('some-mcp')],
  ['pnpm --package=some-mcp@1.2.3 dlx mcp', npm('some-mcp', '1.2.3', true)],
  ['deno run -A npm:@a/b@1.2.3/bin x', npm('@a/b', '1.2.3', true)],
  ['docker run --gpus all img', { ecosystem: 'docker', name: 'img', pinned: false }],
  ['docker --context x container run -eA=b -it img', { ecosystem: 'docker', name: 'img', pinned: false }],
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
  expect(packageLaunch(program, args)?.spec).toEqual(expected)
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
])('of %s reports no package', (line) => {
  const [program = '', ...args] = line.split(' ')
  expect(packageLaunch(program, args)?.spec).toBeUndefined()
})

const COMMIT = '0123456789abcdef0123456789abcdef01234567'

test.each([
  // No version, or one that moves.
  ...[
    'npx some-mcp',
    'npx some-mcp@latest',
    'npx some-mcp@^1.2.3',
    'npx some-mcp@1',
    'npx some-mcp@1.2',
    'npx some-mcp@1.x',
  ],
  ...['uvx mcp-x', 'uvx mcp-x>=1.0', 'uvx mcp-x~=1.0', 'uvx mcp-x==1.*', 'uvx mcp-x@latest', 'uvx --upgrade mcp-x'],
  ...['docker run img', 'docker run img:1.2', 'docker run img:latest', 'podman run img'],
  ...['bunx some-mcp', 'pnpm dlx some-mcp', 'yarn dlx some-mcp', 'bun x some-mcp', 'pipx run mcp-x'],
  // No name of a package.
  ...['npx -y github:a/b', 'npx a/b', 'npx github:a/b#main', `npx a/b#${COMMIT.slice(1)}`, 'npx a/b#semver:^1.0.0'],
  ...['npx https://x.example/a.tgz', 'npx git+https://x.example/a.git', `npx https://x.example/a.tgz#${COMMIT}`],
  ...['uvx --from git+https://github.com/a/b srv', 'uvx --from git+https://github.com/a/b@v1.2.3 srv'],
  ...[`uvx --from git+https://github.com/a/b#${COMMIT} srv`, 'uvx --from https://x.example/a-1.0.0.whl srv'],
  ...[
    'docker run $IMAGE',
    'deno run npm:some-mcp',
    'deno run -A jsr:@a/b',
    'deno run https://x.example/a@1.2.3/mod.ts',
  ],
  // Flags that nobody knows, or that fetch more.
  ...[
    'npx --flag-of-next-year some-mcp@1.2.3',
    'docker run --flag-of-next-year x',
    'uvx --flag-of-next-year mcp-x==1.0',
  ],
  ...['npx -p a@1.2.3 -p b c', 'uvx --with extra mcp-x==1.0', 'uvx --with a==1.0,b mcp-x==1.0'],
  ...['uvx --with-requirements list.txt mcp-x==1.0', 'uv run --with mcp[cli] mcp run server.py'],
  ...['uv --directory /srv run --with mcp server.py', 'npm --flag-of-next-year exec some-mcp'],
  ...['uvx mcp-x@git+https://github.com/a/b', 'npx -c thing', 'npm create x', 'pnpm create x', 'yarn create x@latest'],
  ...['npx --registry https://r.example some-mcp@1.2.3', 'npx --userconfig x some-mcp@1.2.3', 'bun create x'],
  ...['uv run https://x.example/x.py', 'go run github.com/a/b@latest', 'go run x.example/a@main', 'nerdctl run img'],
])('%s may run another version each time', (line) => {
  const [program = '', ...args] = line.split(' ')
  expect(packageLaunch(program, args)?.pinned).toBe(false)
})

test.each([
  ...['npx some-mcp@1.2.3', 'npx -y @a/b@1.2.3-beta.1', 'npx -p a@1.2.3 -p b@2.0.0 c', 'npx --tag x some-mcp@1.2.3'],
  ...['uvx mcp-x==1.0', 'uvx mcp-x@2', 'uvx --upgrade mcp-x==1.0rc1', 'uvx --with a==1.0,b==2.0 mcp-x===1.0.post1'],
  ...['uv run --with mcp==1.2.3 server.py', `docker run img:1@sha256:${'0'.repeat(64)}`, 'deno run jsr:@a/b@1.2.3'],
  // A commit says what is in it.
  ...[`uvx --from git+https://github.com/a/b@${COMMIT} srv`, `uvx --from git+https://x/a@${COMMIT}#subdirectory=x srv`],
  `uvx mcp-x@git+https://github.com/a/b@${COMMIT}`,
  ...[`npx github:a/b#${COMMIT}`, `npx a/b#${COMMIT}`, `npx git+ssh://git@x.example/a.git#${COMMIT}`],
  // Nothing is fetched.
  ...['npx --no-install some-mcp', 'npx --no some-mcp', 'npx --no-install ./local', 'npx ./local', 'npx /srv/local'],
  ...['uvx --from . srv', 'uvx --from /srv/x srv', 'uv run --with ./x server.py', 'uvx --with-editable ./x mcp-x==1.0'],
  ...['npx file:../local', 'npx C:\\local', 'npm create x@1.2.3', 'go run -mod=mod x.example/a@v1.2.3'],
  ...[`go run x.example/a@${COMMIT}`, 'npx --registry https://registry.npmjs.org some-mcp@1.2.3'],
])('%s runs the same each time', (line) => {
  const [program = '', ...args] = line.split(' ')
  expect(packageLaunch(program, args)?.pinned).toBe(true)
})

test.each([
  ...['node /path/script.js', '/opt/bin/server', 'python -m mcp_time', 'npx', 'npx -y', 'uvx --python 3.12'],
  ...[
    'npm install some-mcp',
    'npm run exec',
    'pnpm exec some-mcp',
    'yarn start',
    'bun run some-mcp',
    'uv run server.py',
  ],
  ...[
    'uv run --directory /srv server',
    'uv sync',
    'pipx install mcp-x',
    'docker exec some img',
    'docker compose run some',
  ],
  ...['docker mcp gateway run', 'docker ps', 'deno run -A server.ts', 'deno task start', 'constructor some-mcp'],
])('%s fetches nothing', (line) => {
  const [program = '', ...args] = line.split(' ')
  expect(packageLaunch(program, args)).toBeUndefined()
})

test.each([
  ['npx 7Kq2Zx9Wv4', undefined],
  ['npx -y token-7Kq2Zx9Wv4', undefined],
  ['npx @scope/7Kq2Zx9Wv4', undefined],
  ['uvx aB3dE5fG7h', undefined],
  ['docker run registry.example/aB3dE5fG7h', undefined],
  // Names with capitals that registries keep.
  ['npx JSONStream', 'JSONStream'],
  ['npx Base64', 'Base64'],
  ['uvx PyYAML', 'PyYAML'],
  ['npx s3-e2e-k8s-4x4-7z2', 's3-e2e-k8s-4x4-7z2'],
])('reports no random string as a package, though a launcher is given it: %s', (line, name) => {
  const [program = '', ...args] = line.split(' ')
  const launched = packageLaunch(program, args)
  expect([launched?.spec?.name, launched?.pinned]).toEqual([name, false])
})
