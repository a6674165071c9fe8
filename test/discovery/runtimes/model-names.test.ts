import fc from 'fast-check'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { modelsIn, storedModelName } from '../../../src/discovery/runtimes/model-names.ts'

function entryOf(id: string) {
  const entry = builtInCatalogue().entries.find((each) => each.id === id)
  if (entry === undefined) throw new TypeError(`the catalogue has ${id}`)
  return entry
}

test.each<[string, string, readonly string[], readonly string[]]>([
  [
    'the file of a path',
    'llama.cpp',
    ['-m', '/srv/models/gemma-3-1b-Q4_K_M.gguf', '--port', '9'],
    ['gemma-3-1b-Q4_K_M'],
  ],
  ['a relative path', 'llama.cpp', ['--model=models/qwen.gguf'], ['qwen']],
  [
    'what is fetched by name',
    'llama.cpp',
    ['-hf', 'ggml-org/gemma-3-1b-it-GGUF:Q4_K_M'],
    ['ggml-org/gemma-3-1b-it-GGUF:Q4_K_M'],
  ],
  ['the word behind a command', 'vllm', ['serve', 'Qwen/Qwen3-8B', '--api-key', 'x'], ['Qwen/Qwen3-8B']],
  ['a flag before others', 'vllm', ['--host', '::', '--model', 'Qwen/Qwen3-8B'], ['Qwen/Qwen3-8B']],
  [
    'two of one server, each once',
    'tabby',
    ['serve', '--model', 'StarCoder-1B', '--chat-model', 'StarCoder-1B'],
    ['StarCoder-1B'],
  ],
  ['no flag without a value', 'llama.cpp', ['-m'], []],
  ['no word where an option stands', 'vllm', ['serve', '--api-key'], []],
  ['no other word', 'vllm', ['bench', 'Qwen/Qwen3-8B'], []],
  ['no sum of a blob', 'ollama', ['runner', '--model', `/x/blobs/sha256-${'a'.repeat(64)}`], []],
  ['no text', 'llama.cpp', ['-m', 'you are a helpful assistant'], []],
  ['no address', 'llama.cpp', ['-m', 'https://user:secret@example.org/model.gguf?token=x'], []],
  ['nothing with the shape of a secret', 'llama.cpp', ['-m', 'hf_abcdefghijklmnopqrstuvwxyz'], []],
  ['nothing of a program without such flags', 'comfyui', ['--model', 'x'], []],
])('of a command line, reports %s', (_, id, args, models) => {
  expect(modelsIn(entryOf(id), args)).toEqual(models)
})

test('reports only values that read like a name, and never a whole path', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      for (const name of modelsIn(entryOf('llama.cpp'), ['-m', value])) {
        expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:@+/-]*$/)
        expect(value).toContain(name)
      }
    }),
  )
})

test.each([
  ['ollama', '.ollama/models/manifests/registry.ollama.ai/library/llama3.2/3b', 'llama3.2:3b'],
  ['ollama', '.ollama/models/manifests/registry.ollama.ai/ada/tuned/latest', 'ada/tuned:latest'],
  ['ollama', '.ollama/models/manifests/hf.co/bartowski/Llama-3-GGUF/Q4_K_M', 'hf.co/bartowski/Llama-3-GGUF:Q4_K_M'],
  ['lm-studio', '.lmstudio/models/infra-ai/ocelot-v1', 'infra-ai/ocelot-v1'],
  ['llama.cpp', '.cache/llama.cpp/ggml-org_gemma.gguf', 'ggml-org_gemma'],
  ['vllm', '.cache/huggingface/hub/models--Qwen--Qwen3-8B', 'Qwen/Qwen3-8B'],
  ['ollama', '.ollama/models/manifests/registry.ollama.ai/library/llama3', undefined],
  ['lm-studio', `.lmstudio/models/x/sk-${'a'.repeat(20)}`, undefined],
])('a model of %s at %s is %s', (id, path, name) => {
  const [store] = entryOf(id).models ?? []
  if (store === undefined) throw new TypeError('it keeps models')
  expect(storedModelName(store, '/home/ada', `/home/ada/${path}`)).toBe(name)
})
