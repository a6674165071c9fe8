import fc from 'fast-check'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

async function look(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'mcp')
  const servers = sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each] : []))
  return {
    servers,
    told: servers.map((each) =>
      [each.name, each.enabled, each.transport, each.package?.name ?? each.endpoint ?? '-', each.unpinned].join(' '),
    ),
    faults: sources
      .filter(({ state }) => state !== 'parsed')
      .map(({ state, path }) => `${state} ${path?.split('/').at(-1)}`),
    json: JSON.stringify([sightings, sources]),
  }
}

/** As `docker mcp catalog` writes it, here with two of its hundreds of servers and one that is reached over the network. */
const CATALOG = `version: 3
name: docker-mcp
displayName: Docker MCP Catalog
registry:
  duckduckgo:
    description: A server that provides web search, with "registry:" in its text.
    title: DuckDuckGo
    type: server
    image: mcp/duckduckgo@sha256:68eb20db6109f5c312a695fc5ec3386ad15d93ffb765a0b4eb1baf4328dec14f
    tools:
      - name: search
      - name: fetch_content
    env:
      - name: LIMIT
        value: "5"
  github:
    description: |
      github:
        image: not/this
    type: server
    image: "ghcr.io/github/github-mcp-server"
    secrets:
      - name: github.personal_access_token
        env: GITHUB_PERSONAL_ACCESS_TOKEN
        example: <YOUR_TOKEN>
    env:
      - name: GITHUB_TOKEN
        value: canary-canary-canary
    command:
      - --token
      - canary
  'cloudflare-docs':
    type: remote
    dateAdded: "2025-09-10T00:00:00Z"
    remote:
      transport_type: sse
      url: https://docs.mcp.cloudflare.com/sse?key=canary-canary
      headers:
        Authorization: Bearer canary-canary
  curl:
    type: poci
    tools:
      - name: curl
        container:
          image: alpine/curl
`
const served = (...names: string[]) => `registry:\n${names.map((name) => `  ${name}:\n    ref: ""\n`).join('')}`

test('reports servers of the gateway by image or address, and unlisted ones by name', async () => {
  using home = fixtureHome()
  home.write('.docker/mcp/catalogs/docker-mcp.yaml', CATALOG)
  home.write('.docker/mcp/registry.yaml', served('duckduckgo', 'github', 'cloudflare-docs', 'curl', 'unheard-of'))
  home.write('.docker/mcp/config.yaml', 'github:\n  token: canary-canary\n')
  const { servers, told, faults, json } = await look(home)
  expect(told).toEqual([
    'duckduckgo true stdio mcp/duckduckgo false',
    'github true stdio ghcr.io/github/github-mcp-server true',
    'cloudflare-docs true sse https://docs.mcp.cloudflare.com false',
    'curl true unknown - false',
    'unheard-of true unknown - false',
  ])
  expect(
    servers.map(({ client, scope, environment, plaintextSecret }) => [client, scope, environment, plaintextSecret]),
  ).toEqual([
    ['docker-mcp', 'user', ['LIMIT'], false],
    ['docker-mcp', 'user', ['GITHUB_TOKEN', 'GITHUB_PERSONAL_ACCESS_TOKEN'], true],
    ['docker-mcp', 'user', ['Authorization'], true],
    ['docker-mcp', 'user', [], false],
    ['docker-mcp', 'user', [], false],
  ])
  expect([faults, json.includes('canary')]).toEqual([[], false])
})

test('reads a long list of Docker for what is served, and the first list that has it', async () => {
  using home = fixtureHome()
  const many = Array.from(
    { length: 4_000 },
    (_, n) => `  server-${n}:\n    type: server\n    image: mcp/s${n}:1\n    description: ${'x'.repeat(200)}\n`,
  )
  home.write('.docker/mcp/catalogs/docker-mcp.yaml', `registry:\n${many.join('')}`)
  home.write(
    '.docker/mcp/catalogs/mine.yaml',
    'registry:\n    server-7:\n        image: other/x\n    own:\n        image: me/own:2\n',
  )
  home.write('.docker/mcp/registry.yaml', served('server-7', 'server-3999', 'own'))
  expect((await look(home)).told).toEqual([
    'server-7 true stdio mcp/s7 true',
    'server-3999 true stdio mcp/s3999 true',
    'own true stdio me/own true',
  ])
})

test('reports one that the register switches off as off', async () => {
  using home = fixtureHome()
  home.write('.docker/mcp/catalogs/docker-mcp.yaml', CATALOG)
  home.write('.docker/mcp/registry.yaml', 'registry:\n  duckduckgo:\n    enabled: false\n')
  expect((await look(home)).told).toEqual(['duckduckgo false stdio mcp/duckduckgo false'])
})

const entry = (image: string) => `registry:\n  a:\n    type: server\n    image: ${image}\n`
test.each<[string, string, string, readonly string[]]>([
  ['not there', '', 'a true unknown - false', []],
  ['no YAML inside', 'registry:\n  a:\n    image: [x\n', 'a true unknown - false', ['malformed docker-mcp.yaml']],
  ['a key twice', `${entry('x')}    image: y\n`, 'a true unknown - false', ['malformed docker-mcp.yaml']],
  ['another top', entry('x').replace('registry', 'servers'), 'a true unknown - false', []],
  ['the name deeper', 'registry:\n  b:\n    a:\n      image: x\n', 'a true unknown - false', []],
  ['the name on one line', 'registry:\n  a: {image: x}\n', 'a true unknown - false', []],
  [
    'the name in the text of another',
    'registry:\n  b:\n    description: |\n      a:\n        image: x\n',
    'a true unknown - false',
    [],
  ],
  ['an image that is no text', entry('[1, 2]'), 'a true unknown - false', []],
  ['an image that is a path', entry('/etc/canary'), 'a true stdio - true', []],
  ['an image that is an option', entry('--privileged'), 'a true stdio - false', []],
  ['a server twice', `${entry('x:1')}${entry('y').slice('registry:\n'.length)}`, 'a true stdio x true', []],
  ['registry twice', `${entry('x:1')}other: 1\n${entry('y')}`, 'a true stdio x true', []],
])('a list with %s', async (_, text, told, faults) => {
  using home = fixtureHome()
  home.write('.docker/mcp/registry.yaml', served('a'))
  if (text !== '') home.write('.docker/mcp/catalogs/docker-mcp.yaml', text)
  const found = await look(home)
  expect([found.told, found.faults, found.json.includes('canary')]).toEqual([[told], faults, false])
})

test.each<[string, unknown, readonly string[]]>([
  ['empty', '', []],
  ['no YAML', 'registry: [', ['malformed registry.yaml']],
  ['a list', 'registry:\n  - a\n', []],
  ['a text', 'registry: a\n', []],
  ['other keys', 'servers:\n  a: {}\n', []],
])('a register that is %s serves nothing', async (_, text, faults) => {
  using home = fixtureHome()
  home.write('.docker/mcp/catalogs/docker-mcp.yaml', CATALOG)
  home.write('.docker/mcp/registry.yaml', text)
  const found = await look(home)
  expect([found.told, found.faults]).toEqual([[], faults])
})

test('does not report a name that could be a secret', async () => {
  using home = fixtureHome()
  home.write('.docker/mcp/registry.yaml', served('ghp_CANARYcanaryCANARYcanary'))
  const { told, json } = await look(home)
  expect([told, /canary/i.test(json)]).toEqual([['unnamed true unknown - false'], false])
})

test('reports each server once and throws nothing, for any list', async () => {
  using home = fixtureHome()
  home.write('.docker/mcp/registry.yaml', served('a', 'b'))
  const line = fc.constantFrom(
    'registry:',
    '  a:',
    '  b:',
    '    image: x',
    '    image: [',
    '\t',
    '- a',
    '  "a":',
    '    *a',
    '    &a',
    '   a:',
    '#',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (lines) => {
      home.write('.docker/mcp/catalogs/docker-mcp.yaml', lines.join('\n'))
      expect((await look(home)).servers.map(({ name }) => name)).toEqual(['a', 'b'])
    }),
    { numRuns: 60 },
  )
})
