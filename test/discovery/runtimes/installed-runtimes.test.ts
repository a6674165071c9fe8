import { reader } from '../../../src/base/schema.ts'
import { sightingSchema } from '../../../src/protocol/sighting.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { ALICE, scanHome } from '../../support/homes/scan-home.ts'

const MANIFESTS = '.ollama/models/manifests/registry.ollama.ai/library'

async function look(home: FixtureHome) {
  const { sightings, sources, blobs = [] } = await scanHome(home, 'runtimes')
  const found = sightings.map((each) =>
    each.kind === 'model-runtime'
      ? [each.catalogueId, each.version, each.path?.replace(home.path, '~'), each.models]
      : each.kind,
  )
  const told = blobs.map(({ path, name }) => `${path.replace(home.path, '~')} ${name}`)
  return { sightings, found, sources, blobs: told }
}

const sum = (letter: string) => letter.repeat(64)
/** As `ollama pull` writes it. */
const manifest = (weights: string) => ({
  schemaVersion: 2,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: `sha256:${sum('0')}`, size: 487 },
  layers: [
    { mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${sum(weights)}`, size: 4683074048 },
    { mediaType: 'application/vnd.ollama.image.system', digest: `sha256:${sum('1')}`, size: 68 },
    { mediaType: 'application/vnd.ollama.image.template', digest: `sha256:${sum('2')}`, size: 1615 },
  ],
})

test('knows the weights of a store by its manifests, and by the first of two names', async () => {
  using home = fixtureHome()
  home.write(`${MANIFESTS}/llama3.2/latest`, manifest('a'))
  home.write(`${MANIFESTS}/llama3.2/3b`, manifest('a'))
  home.write('.ollama/models/manifests/hf.co/bartowski/Llama-3-GGUF/Q4_K_M', manifest('b'))
  expect((await look(home)).blobs.sort()).toEqual([
    `~/.ollama/models/blobs/sha256-${sum('a')} llama3.2:3b`,
    `~/.ollama/models/blobs/sha256-${sum('b')} hf.co/bartowski/Llama-3-GGUF:Q4_K_M`,
  ])
})

test.each<[string, unknown, string]>([
  ['no JSON', '{"layers":', 'malformed'],
  ['too long', ' '.repeat(70_000), 'too-large'],
  ['a list', [manifest('a')], 'parsed'],
  ['without layers', { layers: 7 }, 'parsed'],
  ['with layers that are none', { layers: [null, 7, 'x', []] }, 'parsed'],
  ['with another sum', { layers: [{ ...manifest('a').layers[0], digest: `sha512:${sum('a')}` }] }, 'parsed'],
  [
    'with a path for a sum',
    { layers: [{ ...manifest('a').layers[0], digest: 'sha256:../../../etc/passwd' }] },
    'parsed',
  ],
  ['with a sum that is too short', { layers: [{ ...manifest('a').layers[0], digest: 'sha256:abc' }] }, 'parsed'],
  ['of a prompt alone', { layers: manifest('a').layers.slice(1) }, 'parsed'],
])('a manifest that is %s names no weights', async (_, content, state) => {
  using home = fixtureHome()
  home.write(`${MANIFESTS}/llama3.2/3b`, content)
  const { blobs, found, sources } = await look(home)
  expect([blobs, found.map((each) => each[3]), sources[0]?.state]).toEqual([[], [['llama3.2:3b']], state])
})

test('a manifest that is a link leads nowhere', async () => {
  using home = fixtureHome()
  home.write('elsewhere.json', manifest('a'))
  home.link(`${MANIFESTS}/llama3.2/3b`, home.at('elsewhere.json'))
  expect((await look(home)).blobs).toEqual([])
})

test('reports a runtime with where it lies and which models it keeps', async () => {
  using home = fixtureHome()
  home.write('.local/bin/ollama', '')
  home.write(`${MANIFESTS}/llama3.2/3b`, manifest('a'))
  home.write(`${MANIFESTS}/qwen3/latest`, manifest('b'))
  const { sightings, sources } = await look(home)
  expect(sightings).toEqual([
    {
      kind: 'model-runtime',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'Ollama',
      catalogueId: 'ollama',
      vendor: 'Ollama',
      user: ALICE,
      evidence: [`command ollama at ${home.at('.local/bin/ollama')}`],
      state: 'installed',
      path: home.at('.local/bin/ollama'),
      listens: [],
      models: ['llama3.2:3b', 'qwen3:latest'],
    },
  ])
  const wire = reader(sightingSchema, { name: 'sighting', limits: { maxBytes: 65_536, maxDepth: 8 } })
  expect(wire.readJson(JSON.stringify(sightings[0]))).toEqual(sightings[0])
  expect(sources).toEqual([
    { source: 'model-runtimes', path: home.path, user: ALICE, state: 'parsed', items: 1, durationMs: 0 },
  ])
})

test('runtimes are found where their installers put them, with their versions', async () => {
  using home = fixtureHome()
  home.folder('.local/share/uv/tools/vllm/lib/python3.13/site-packages/vllm-0.11.0.dist-info')
  home.folder('.cache/huggingface/hub/models--Qwen--Qwen3-8B')
  home.write('.lmstudio/bin/lms', '')
  home.write('.lmstudio/models/infra-ai/ocelot-v1/ocelot.gguf', '')
  home.write('.local/bin/llama-server', '')
  home.write('.cache/llama.cpp/ggml-org_gemma.gguf', '')
  home.write('.npm-global/lib/node_modules/@musistudio/claude-code-router/package.json', {
    name: '@musistudio/claude-code-router',
    version: '1.0.62',
  })
  const { found } = await look(home)
  expect(found).toEqual(
    expect.arrayContaining([
      ['vllm', '0.11.0', '~/.local/share/uv/tools/vllm', ['Qwen/Qwen3-8B']],
      ['lm-studio', undefined, '~/.lmstudio/bin/lms', ['infra-ai/ocelot-v1']],
      ['llama.cpp', undefined, '~/.local/bin/llama-server', ['Qwen/Qwen3-8B', 'ggml-org_gemma']],
      ['claude-code-router', '1.0.62', '~/.npm-global/lib/node_modules/@musistudio/claude-code-router', []],
    ]),
  )
  expect(found).toHaveLength(4)
})

test('reports models without their program, but not those that any program may keep', async () => {
  using home = fixtureHome()
  home.write(`${MANIFESTS}/llama3.2/3b`, '')
  home.folder('.cache/huggingface/hub/models--sentence-transformers--all-MiniLM')
  expect((await look(home)).found).toEqual([['ollama', undefined, '~/.ollama/models/manifests', ['llama3.2:3b']]])
})

test('reports nothing of a home without any, and a fault if models cannot be seen', async () => {
  using home = fixtureHome()
  home.folder('.ollama')
  const quiet = await look(home)
  expect([quiet.found, quiet.sources.map(({ state }) => state)]).toEqual([[], ['parsed']])
  home.link('.ollama/models', '/etc')
  const linked = await look(home)
  expect(linked.found).toEqual([])
  expect(linked.sources.map(({ source, state }) => [source, state])).toContainEqual(['model-runtimes', 'unreadable'])
})

test('of a thousand models 64 are named and the others counted', async () => {
  using home = fixtureHome()
  home.write('.local/bin/llama-server', '')
  for (let at = 0; at < 1_000; at++) home.write(`.cache/llama.cpp/model-${at}.gguf`, '')
  const { sightings } = await look(home)
  expect(sightings).toMatchObject([{ models: { length: 64 }, moreModelsCount: 936 }])
})
