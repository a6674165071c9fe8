import { reader } from '../../../src/base/schema.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { readHome } from '../../../src/discovery/read-home.ts'
import { sightingSchema } from '../../../src/protocol/sighting.ts'
import { openFiles } from '../../../src/system/linux-files.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'
import { type FixtureHome, fixtureHome } from '../../support/fixture-home.ts'

const ALICE = { uid: 1000, name: 'alice' }
const MANIFESTS = '.ollama/models/manifests/registry.ollama.ai/library'

async function look(home: FixtureHome) {
  const init = { user: ALICE, home: home.path, catalogue: builtInCatalogue() }
  using files = openFiles()
  const { sightings, sources } = await readHome({ files, clock: new FakeClock() }, init, 'runtimes')
  const found = sightings.map((each) =>
    each.kind === 'model-runtime'
      ? [each.catalogueId, each.version, each.path?.replace(home.path, '~'), each.models]
      : each.kind,
  )
  return { sightings, found, sources }
}

test('a runtime is told with where it lies and which models it keeps, by their names alone', async () => {
  using home = fixtureHome()
  home.write('.local/bin/ollama', '')
  home.write(`${MANIFESTS}/llama3.2/3b`, '{"not":"read"')
  home.write(`${MANIFESTS}/qwen3/latest`, '')
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

test('models without their program are told, for it may run elsewhere; those that anybody may keep are not', async () => {
  using home = fixtureHome()
  home.write(`${MANIFESTS}/llama3.2/3b`, '')
  home.folder('.cache/huggingface/hub/models--sentence-transformers--all-MiniLM')
  expect((await look(home)).found).toEqual([['ollama', undefined, '~/.ollama/models/manifests', ['llama3.2:3b']]])
})

test('a home without any is quiet, and one whose models cannot be seen says so', async () => {
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
