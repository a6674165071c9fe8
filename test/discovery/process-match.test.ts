import { indexAgents } from '../../src/discovery/agent-index.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { matchProcess } from '../../src/discovery/process-match.ts'

/** Programs as they run, and what the catalogue of the program takes them for. */
const index = indexAgents(builtInCatalogue())
const HOME = '/home/alice'
const PYTHON = '/usr/bin/python3.13'
const PROCESS = { pid: 9, parentPid: 1, startTicks: 1, uid: 1000, sessionId: 9, ttyNumber: 0, comm: 'x' }

function matched(executable: string, argv: readonly string[], workingFolder?: string) {
  const match = matchProcess(index, { ...PROCESS, executable, argv, workingFolder }, [HOME])
  return match === undefined ? undefined : [match.entry.id, match.of]
}

test.each<[string, string, string, readonly string[]]>([
  ['cursor', 'ide', '/tmp/.mount_CursorPRWYi6/usr/share/cursor/cursor', ['cursor']],
  ['cursor', 'ide', '/tmp/.mount_cursorAbCdEf/usr/share/cursor/cursor', ['cursor', '--type=utility']],
  ['windsurf', 'ide', '/usr/share/devin-desktop/devin-desktop', ['devin-desktop']],
  [
    'windsurf',
    'ide',
    '/usr/share/windsurf/resources/app/extensions/windsurf/bin/language_server_linux_x64',
    ['language_server_linux_x64', '--run_child'],
  ],
  [
    'windsurf',
    'ide',
    `${HOME}/.windsurf-server/bin/0123/extensions/windsurf/bin/language_server_linux_x64`,
    ['language_server_linux_x64'],
  ],
  ['goose', 'cli-agent', '/usr/lib/goose/resources/bin/goosed', ['goosed', 'agent']],
  ['goose', 'cli-agent', '/opt/Goose/resources/bin/goosed', ['goosed', 'agent']],
  ['deepagents', 'cli-agent', PYTHON, ['python3', `${HOME}/.local/bin/deepagents`]],
  ['trae', 'ide', '/usr/share/trae/trae', ['trae']],
  // While npm replaces it, and after.
  [
    'claude-code',
    'cli-agent',
    '/usr/lib/node_modules/@anthropic-ai/.claude-code-FYO2xxml/bin/claude.exe',
    ['claude', '--resume'],
  ],
  ['opencode', 'cli-agent', `${HOME}/.n/lib/node_modules/.opencode-ai-x0Y1z2A3/bin/opencode.exe`, ['opencode']],
  ['gemini-cli', 'cli-agent', '/usr/bin/deno', ['deno', 'run', '-A', 'npm:@google/gemini-cli', '--yolo']],
  ['gemini-cli', 'cli-agent', '/usr/bin/deno', ['deno', 'x', 'npm:@google/gemini-cli@0.61.0/gemini']],
  ['openclaw', 'agent-gateway', '/usr/bin/deno', ['deno', 'run', 'npm:/openclaw@2026']],
  [
    'gemini-cli',
    'cli-agent',
    '/usr/bin/deno',
    ['deno', 'run', `${HOME}/.cache/deno/npm/registry.npmjs.org/@google/gemini-cli/0.61.0/bundle/gemini.js`],
  ],
  ['void', 'ide', '/usr/share/void/void', ['void']],
])('%s (%s) is %s', (id, kind, executable, argv) => {
  expect(index.entries.find((entry) => entry.id === id)?.kind).toBe(kind)
  expect(matched(executable, argv)).toEqual([id, 'agent'])
})

test.each<[string, string, readonly string[]]>([
  ['another program of an AppImage', '/tmp/.mount_CursorPRWYi6/usr/bin/tool', ['tool']],
  ['a program that only lies in a folder of that name', `${HOME}/cursor/cursor`, ['cursor']],
  ['another language server', '/usr/share/tool/bin/language_server_linux_x64', ['language_server_linux_x64']],
  ['another goosed', `${HOME}/resources/bin/goosed`, ['goosed']],
  ['Visual Studio Code', '/usr/share/code/code', ['code']],
  ['a command of Linux called void', '/usr/sbin/void', ['void']],
  ['a hidden package', '/usr/lib/node_modules/@anthropic-ai/.claude-code/bin/claude.exe', ['claude']],
  ['a package that only begins so', '/usr/bin/deno', ['deno', 'run', 'npm:@google/gemini-cli-core']],
  ['a package of another registry', '/usr/bin/deno', ['deno', 'run', 'jsr:@google/gemini-cli']],
  ['a package in the name of another', '/usr/bin/deno', ['deno', 'run', 'npm:left-pad/@google/gemini-cli']],
])('%s is nothing that the catalogue knows', (_, executable, argv) => {
  expect(matched(executable, argv)).toBeUndefined()
})

describe('a script that is named from where it was started', () => {
  test.each<[string, string, readonly string[], string]>([
    ['comfyui', PYTHON, ['python', 'main.py', '--listen'], `${HOME}/ComfyUI`],
    ['comfyui', PYTHON, ['python', '-s', './main.py'], `${HOME}/ComfyUI`],
    ['comfyui', PYTHON, ['python', '../main.py'], `${HOME}/ComfyUI/custom_nodes`],
    ['textgen-webui', PYTHON, ['python', 'server.py', '--api'], '/opt/text-generation-webui'],
    ['claude-code', '/usr/bin/node', ['node', 'cli.js'], '/usr/lib/node_modules/@anthropic-ai/claude-code'],
    ['aider', PYTHON, ['python', 'aider'], `${HOME}/.local/bin`],
  ])('is %s', (id, executable, argv, folder) => {
    expect(matched(executable, argv, folder)?.[0]).toBe(id)
    expect(matched(executable, argv)).toBeUndefined()
  })

  test.each<[string, string, readonly string[], string | undefined]>([
    ['is started elsewhere', PYTHON, ['python', 'main.py'], `${HOME}/project`],
    ['leads out of the folder', PYTHON, ['python', '../main.py'], `${HOME}/ComfyUI`],
    ['is named whole', PYTHON, ['python', '/srv/main.py'], `${HOME}/ComfyUI`],
    ['is fetched', '/usr/bin/deno', ['deno', 'run', 'https://example.org/main.py'], `${HOME}/ComfyUI`],
    ['is a module', PYTHON, ['python', '-m', 'main.py'], `${HOME}/ComfyUI`],
    ['is started where nobody can say', PYTHON, ['python', 'main.py'], '(unreachable)/ComfyUI'],
  ])('is nothing where it %s', (_, executable, argv, folder) => {
    expect(matched(executable, argv, folder)).toBeUndefined()
  })

  test('is told by its whole path', () => {
    const process = { ...PROCESS, executable: PYTHON, argv: ['python', 'main.py'], workingFolder: `${HOME}/ComfyUI` }
    expect(matchProcess(index, process, [HOME])?.evidence).toBe(`script ${HOME}/ComfyUI/main.py run by ${PYTHON}`)
  })
})
