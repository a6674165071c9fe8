import { reader } from '../../../src/base/schema.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { MatchMemory } from '../../../src/discovery/running/agent-marks.ts'
import { findRunningRuntimes, type RunningRuntimesInit } from '../../../src/discovery/running/running-runtimes.ts'
import { SeenListeners } from '../../../src/discovery/runtimes/seen-listeners.ts'
import { sightingSchema } from '../../../src/protocol/sighting.ts'
import type { SocketAddress } from '../../../src/system/processes/process-details.ts'

const INDEX = indexAgents(builtInCatalogue())
const at = (address: string, port: number): SocketAddress => ({
  address,
  port,
  loopback: address.startsWith('127.') || address === '::1',
})

function record(pid: number, executable: string, argv: readonly string[], more: Partial<ProcessRecord> = {}) {
  const place = { parentPid: 1, startTicks: pid * 10, userId: '1000', sessionId: pid, ttyNumber: 0, comm: 'x' }
  return { pid, executable, argv, ...place, sessionMarkers: {}, ...more } satisfies ProcessRecord
}

interface Seen extends Partial<RunningRuntimesInit> {
  readonly listening?: Readonly<Record<number, readonly SocketAddress[]>>
  readonly listeners?: SeenListeners
  readonly open?: Readonly<Record<number, readonly string[]>>
  readonly onAsked?: (pids: readonly number[]) => void
}

function find(
  records: readonly ProcessRecord[],
  { listening = {}, listeners, open = {}, onAsked, ...init }: Seen = {},
) {
  const details = {
    standing: () => undefined,
    sockets: (asked: readonly { readonly pid: number }[]) => {
      onAsked?.(asked.map(({ pid }) => pid))
      return new Map(asked.map(({ pid }) => [pid, { connected: [], listening: listening[pid] ?? [] }]))
    },
    openFiles: (asked: readonly { readonly pid: number }[]) => new Map(asked.map(({ pid }) => [pid, open[pid] ?? []])),
    ownPidNamespace: undefined,
    insideWsl: false,
  }
  return findRunningRuntimes(
    { details, listeners: listeners ?? new SeenListeners(), matches: new MatchMemory() },
    {
      index: INDEX,
      bootId: 'boot',
      homes: ['/home/alice'],
      nowMs: 0,
      userOf: (id) => ({ id, name: 'alice' }),
      installed: () => false,
      versionAt: () => undefined,
      modelAt: () => undefined,
      ...init,
    },
    records,
  )
}

const LLAMA = record(100, '/usr/local/bin/llama-server', [
  'llama-server',
  ...['-m', '/srv/models/gemma-3-1b.gguf', '--api-key', 'sk-canary', '--host', '0.0.0.0'],
])

test('reports a running runtime with its ports, their scope and its models', () => {
  const { sightings, serving } = find([LLAMA], { listening: { 100: [at('0.0.0.0', 8080), at('127.0.0.1', 9)] } })
  expect(sightings).toEqual([
    {
      kind: 'model-runtime',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'llama.cpp',
      catalogueId: 'llama.cpp',
      vendor: 'ggml',
      user: { id: '1000', name: 'alice' },
      evidence: ['executable /usr/local/bin/llama-server'],
      state: 'running',
      process: { pid: 100, startTicks: 1000, bootId: 'boot', parentPid: 1, executable: '/usr/local/bin/llama-server' },
      listens: [
        { port: 9, loopback: true, address: '127.0.0.1' },
        { port: 8080, loopback: false, address: '0.0.0.0' },
      ],
      models: ['gemma-3-1b'],
    },
  ])
  expect(serving.map(({ entry, ports }) => [entry.id, ports])).toEqual([['llama.cpp', [9, 8080]]])
  expect(JSON.stringify(sightings)).not.toContain('canary')
  const wire = reader(sightingSchema, { name: 'sighting', limits: { maxBytes: 65_536, maxDepth: 8 } })
  expect(wire.readJson(JSON.stringify(sightings[0]))).toEqual(sightings[0])
})

test('what it starts of itself is one with it, and its client is none', () => {
  const server = record(100, '/usr/local/bin/ollama', ['ollama', 'serve'])
  const runner = record(101, '/usr/local/bin/ollama', ['ollama', 'runner', '--port', '4'], { parentPid: 100 })
  const client = record(102, '/usr/local/bin/ollama', ['ollama', 'run', 'llama3.2'], { parentPid: 50 })
  const { sightings } = find([server, runner, client], {
    listening: { 100: [at('127.0.0.1', 11434)], 101: [at('127.0.0.1', 4)] },
  })
  expect(sightings.map(({ process, listens }) => [process?.pid, listens.map(({ port }) => port)])).toEqual([
    [100, [4, 11434]],
  ])
})

const BLOBS = '/usr/share/ollama/.ollama/models/blobs'
const blob = (letter: string) => `${BLOBS}/sha256-${letter.repeat(64)}`
const modelAt = (path: string) => ({ [blob('a')]: 'llama3.2:3b', [blob('b')]: 'qwen3:latest' })[path]
const OLLAMA = record(100, '/usr/local/bin/ollama', ['ollama', 'serve'])
const runner = (pid: number, ...args: string[]) =>
  record(pid, '/usr/local/bin/ollama', ['/usr/local/bin/ollama', 'runner', ...args], { parentPid: 100 })

test('the models that Ollama has loaded are those whose weights its runners were given', () => {
  const records = [
    OLLAMA,
    runner(101, '--model', blob('a'), '--port', '34429'),
    runner(102, '--ollama-engine', '--model', blob('b'), '--port', '44533'),
    runner(103, '--ollama-engine', '--port', '45627'),
  ]
  expect(find(records, { modelAt }).sightings.map(({ models }) => models)).toEqual([['llama3.2:3b', 'qwen3:latest']])
})

test('reports a model that is being loaded by its open file, for as long as it is open', () => {
  const listeners = new SeenListeners()
  const lookAt = (nowMs: number, files: readonly string[]) =>
    find([OLLAMA, runner(103, '--port', '1')], { modelAt, listeners, nowMs, open: { 103: files } }).sightings[0]?.models
  const others = ['/etc/canary', '/var/log/ollama.log', `${BLOBS}/sha256-${'c'.repeat(64)}`, '/tmp/canary.bin']
  expect([lookAt(0, [...others, blob('b')]), lookAt(9_999, []), lookAt(10_000, others)]).toEqual([
    ['qwen3:latest'],
    ['qwen3:latest'],
    [],
  ])
})

test('reports a program without a model in its arguments with the weights it has open', () => {
  const studio = record(7, '/tmp/.mount_LM-Stuabc123/lm-studio', [
    '/tmp/.mount_LM-Stuabc123/lm-studio',
    '--type=utility',
  ])
  const files = ['/home/alice/.lmstudio/models/a/b/gemma-3-1b-Q4_K_M.gguf', '/home/alice/notes about gguf', '/x/.gguf']
  expect(find([studio], { open: { 7: files } }).sightings.map(({ models }) => models)).toEqual([['gemma-3-1b-Q4_K_M']])
})

test.each<[string, readonly string[]]>([
  ['a blob that no store has', ['--model', blob('c')]],
  ['a sum alone', ['--model', `sha256-${'a'.repeat(64)}`]],
  ['a blob of another place', ['--model', `/home/alice/${blob('a')}`]],
  ['a blob with more behind it', ['--model', `${blob('a')}.partial`]],
  ['no value', ['--model']],
])('reports nothing of %s', (_, args) => {
  expect(find([OLLAMA, runner(101, ...args)], { modelAt }).sightings.map(({ models }) => models)).toEqual([[]])
})

test.each<[string, string, readonly string[]]>([
  ['vllm', '/home/alice/.venv/bin/python3.13', ['python3', '-m', 'vllm.entrypoints.openai.api_server']],
  ['vllm', '/usr/bin/python3.13', ['/opt/v/bin/python3', '/opt/v/bin/vllm', 'serve', 'Qwen/Qwen3-8B']],
  ['sglang', '/usr/bin/python3.13', ['python3', '-m', 'sglang.launch_server', '--model-path', 'Qwen/Qwen3-8B']],
  ['localai', '/usr/local/bin/local-ai', ['local-ai', 'run']],
  ['koboldcpp', '/home/alice/.local/bin/koboldcpp', ['koboldcpp', '--model', 'x.gguf']],
  ['llamafile', '/home/alice/models/gemma.llamafile', ['./gemma.llamafile']],
  ['textgen-webui', '/usr/bin/python3.13', ['python3', '/home/alice/text-generation-webui/server.py']],
  ['lm-studio', '/tmp/.mount_LM-Stuabc123/lm-studio', ['/tmp/.mount_LM-Stuabc123/lm-studio']],
  ['open-webui', '/usr/bin/python3.13', ['/opt/w/bin/python3', '/opt/w/bin/open-webui', 'serve']],
  ['litellm', '/usr/bin/python3.13', ['/opt/l/bin/python3', '/opt/l/bin/litellm', '--model', 'gpt-4.1']],
])('%s is known by %s', (id, executable, argv) => {
  expect(find([record(7, executable, argv)]).sightings.map(({ catalogueId }) => catalogueId)).toEqual([id])
})

test.each<[string, string, readonly string[]]>([
  ['an editor of a file with such a name', '/usr/bin/vim', ['vim', 'ollama serve', 'llama-server']],
  ['a program of that name in a folder of builds', '/home/alice/project/build/ollama', ['ollama', 'serve']],
  ['a script that is called so', '/usr/bin/bash', ['bash', '/usr/local/bin/llama-server']],
  ['a request to one', '/usr/bin/curl', ['curl', 'http://127.0.0.1:11434/api/tags']],
  ['a coding agent', '/usr/local/bin/codex', ['codex']],
  ['a tab bar that is called tabby', '/usr/bin/tabby', ['tabby', 'serve']],
])('%s is none', (_, executable, argv) => {
  expect(find([record(7, executable, argv)]).sightings).toEqual([])
})

test('a common name counts where the program is installed, or on its own port', () => {
  const tabby = record(7, '/usr/bin/tabby', ['tabby', 'serve', '--model', 'StarCoder-1B'])
  expect(find([tabby], { installed: (id, userId) => id === 'tabby' && userId === '1000' }).sightings).toHaveLength(1)
  expect(find([tabby], { listening: { 7: [at('::', 8080)] } }).sightings).toHaveLength(1)
  expect(find([tabby], { listening: { 7: [at('::', 8081)] } }).sightings).toEqual([])
})

test('asks for sockets soon until it listens, then rarely, and only of running ones', () => {
  const listeners = new SeenListeners()
  const asked: number[] = []
  const lookAt = (nowMs: number, port?: number) =>
    find([LLAMA], {
      nowMs,
      listeners,
      listening: port === undefined ? {} : { 100: [at('127.0.0.1', port)] },
      onAsked: () => asked.push(nowMs),
    }).sightings[0]?.listens.map((each) => each.port)
  expect(lookAt(0)).toEqual([])
  lookAt(9_999)
  lookAt(10_000)
  // What is seen is kept until it is looked at again.
  expect([lookAt(20_000, 8080), lookAt(30_000), lookAt(139_999), lookAt(140_000, 8081)]).toEqual([
    [8080],
    [8080],
    [8080],
    [8081],
  ])
  expect(asked).toEqual([0, 10_000, 20_000, 140_000])
  find([], { listeners })
  expect(lookAt(140_001, 1)).toEqual([1])
})

test('counts ports of runtimes that listen, and ports that hardly anything else uses', () => {
  const { serving } = find([LLAMA], { listening: { 100: [at('127.0.0.1', 9_999)] } })
  const [idle, running] = [INDEX.modelPorts.among([]), INDEX.modelPorts.among(serving)]
  const unseen = INDEX.modelPorts.among(find([LLAMA]).serving)
  expect([idle.get(11434), idle.get(8080), idle.get(9_999)]).toEqual(['Ollama', undefined, undefined])
  expect([running.get(11434), running.get(8080), running.get(9_999)]).toEqual(['Ollama', undefined, 'llama.cpp'])
  expect([unseen.get(8080), unseen.get(9_999)]).toEqual(['llama.cpp', undefined])
})

test('reports a whole crowd of them, each once, within two seconds', () => {
  const crowd = Array.from({ length: 2_000 }, (_, n) =>
    record(1_000 + n, '/usr/local/bin/ollama', ['ollama', 'serve'], { parentPid: n === 0 ? 1 : 999 + n }),
  )
  // Of a core: a busy machine makes nothing here slower.
  const before = process.threadCpuUsage()
  expect(find(crowd).sightings).toHaveLength(1)
  const { user, system } = process.threadCpuUsage(before)
  expect((user + system) / 1_000).toBeLessThan(2_000)
})
