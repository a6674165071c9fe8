import { mcpReason } from '../../../../src/discovery/unknown/mcp-child.ts'
import type { StreamKind } from '../../../../src/system/processes/process-details.ts'
import { NODE, type SeenProcess, seen } from '../behaviour-world.ts'
import { AGENT } from '../marked-agents.ts'

type Streams = readonly [StreamKind, StreamKind, StreamKind]
const SOCKETS: Streams = ['socket', 'socket', 'socket']
const PIPES: Streams = ['pipe', 'pipe', 'pipe']
const UV = '/home/alice/.local/bin/uv'
const DOCKER = '/usr/bin/docker'

function weightOf(child: SeenProcess, streams: Streams = SOCKETS): [number | undefined, string | undefined] {
  const tree = { childrenOf: () => [child] }
  const found = mcpReason([AGENT], tree, () => streams)
  return [found?.weight, found?.detail]
}

const childOf = (executable: string, argv: readonly string[]) => seen(103, executable, argv, { parentPid: AGENT.pid })

test.each<[number, string, readonly string[]]>([
  [20, NODE, ['node', '/x/node_modules/.bin/mcp-server-files']],
  [20, NODE, ['npm exec @scope/mcp-server']],
  [20, UV, ['uvx', 'mcp-server-git']],
  [10, UV, ['uvx', 'mysrv']],
  [10, UV, [UV, 'tool', 'uvx', '--python', '3.13', 'mysrv', '/home/alice/notes']],
  [10, NODE, ['npm exec @scope/notes-server /home/alice/notes']],
  [10, NODE, ['npx', '-y', 'notes']],
  [10, DOCKER, ['docker', 'run', '-i', '--rm', '-e', 'TOKEN', 'ghcr.io/x/notes:1.0']],
  [10, '/usr/bin/podman', ['podman', 'run', '--interactive', 'notes']],
])('%d for %s %j, spoken to through its standard streams', (weight, executable, argv) => {
  expect(weightOf(childOf(executable, argv))[0]).toBe(weight)
  expect(weightOf(childOf(executable, argv), PIPES)[0]).toBe(weight)
  expect(weightOf(childOf(executable, argv), ['socket', 'socket', 'terminal'])).toEqual([undefined, undefined])
  expect(weightOf({ ...childOf(executable, argv), sessionId: 103 })).toEqual([undefined, undefined])
})

test('reports the package, and none of its arguments', () => {
  const [, detail] = weightOf(childOf(UV, ['uvx', '--from', 'notes==1.0', 'notes', '--token', 'sk-canary-0817']))
  expect(detail).toBe('speaks to notes, fetched and run, through its standard streams, as to an MCP server')
})

test.each<[string, string, readonly string[]]>([
  ['a server by its path alone', NODE, ['node', '/x/node_modules/some-server/dist/index.js']],
  ['a language server', NODE, ['node', '/x/node_modules/.bin/typescript-language-server', '--stdio']],
  ['a language server that is fetched', NODE, ['npm exec typescript-language-server --stdio']],
  ['another', NODE, ['npx', '-y', '@vue/language-server', '--stdio']],
  ['one of Python', UV, ['uvx', 'pyright-langserver', '--stdio']],
  ['one in a container', DOCKER, ['docker', 'run', '-i', 'ghcr.io/x/clangd']],
  ['a watcher', NODE, ['npx', 'tsc', '--watch']],
  ['a builder that stays', '/x/node_modules/@esbuild/linux-x64/bin/esbuild', ['esbuild', '--service=0.25', '--ping']],
  ['a worker of a build', NODE, ['node', '/x/node_modules/jest-worker/build/workers/processChild.js']],
  ['tests', UV, ['uvx', 'pytest', '-q']],
  ['a debug adapter', '/usr/bin/python3.13', ['python3', '-m', 'debugpy.adapter']],
  ['another debug adapter', '/usr/bin/lldb-dap', ['lldb-dap']],
  ['git that answers', '/usr/bin/git', ['git', 'cat-file', '--batch']],
  ['a container at a terminal', DOCKER, ['docker', 'run', '-it', 'notes']],
  ['a container that nobody speaks to', DOCKER, ['docker', 'run', '--rm', 'notes']],
  ['a container in the background', DOCKER, ['docker', 'run', '-i', '-d', 'notes']],
  ['a build of a container', DOCKER, ['docker', 'build', '-i', '.']],
  ['a package that is only installed', UV, ['uv', 'pip', 'install', 'notes']],
  ['what looks like a secret', NODE, ['npx', '-y', 'sk-ant-api03-0123456789abcdefghijklmnopqrstuvwxyz']],
  ['a script of a project', NODE, ['npm run dev']],
])('%s is no MCP server, though it is spoken to through three streams', (_, executable, argv) => {
  expect(weightOf(childOf(executable, argv))).toEqual([undefined, undefined])
})
