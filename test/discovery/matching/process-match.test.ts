import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import { matchProcess } from '../../../src/discovery/matching/process-match.ts'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'

/** Programs as they run, and what the catalogue of the program takes them for. */
const index = indexAgents(builtInCatalogue())
const HOME = '/home/alice'
const PYTHON = '/usr/bin/python3.13'
const PROCESS = { pid: 9, parentPid: 1, startTicks: 1, userId: '1000', sessionId: 9, ttyNumber: 0, comm: 'x' }

function matched(
  executable: string,
  argv: readonly string[],
  workingFolder?: string,
  resolved?: ProcessRecord['resolved'],
) {
  const match = matchProcess(index, { ...PROCESS, executable, argv, workingFolder, resolved }, [HOME])
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

  test('is reported by its whole path', () => {
    const process = { ...PROCESS, executable: PYTHON, argv: ['python', 'main.py'], workingFolder: `${HOME}/ComfyUI` }
    expect(matchProcess(index, process, [HOME])?.evidence).toBe(`script ${HOME}/ComfyUI/main.py run by ${PYTHON}`)
  })
})

describe('a script in no folder of commands', () => {
  const NODE = '/usr/bin/node'
  const [BIN, LIES] = ['/srv/x/bin', '/srv/x/lib/node_modules']

  test.each<[string, string, readonly string[], ProcessRecord['resolved']]>([
    ['gemini-cli', NODE, [`${BIN}/gemini`], { path: `${LIES}/@google/gemini-cli/bundle/gemini.js` }],
    [
      'codex',
      '/opt/nodejs/v22/bin/node',
      ['/opt/nodejs/v22/bin/codex', '--yolo'],
      { path: `${LIES}/@openai/codex/bin/codex.js` },
    ],
    [
      'qwen-code',
      NODE,
      [`${HOME}/miniconda3/envs/x/bin/qwen`],
      { path: `${HOME}/miniconda3/envs/x/lib/node_modules/@qwen-code/qwen-code/cli.js` },
    ],
    [
      'aider',
      '/srv/venvs/aider-chat/bin/python3.13',
      [`${BIN}/aider`],
      { path: '/opt/pipx/venvs/aider-chat/bin/aider' },
    ],
    // A checkout that npm has linked.
    [
      'gemini-cli',
      NODE,
      [`${BIN}/gemini`],
      { path: `${HOME}/src/cli/dist/main.js`, package: { name: '@google/gemini-cli' } },
    ],
    // A command that others have, too.
    ['copilot-cli', NODE, ['/usr/local/bin/copilot'], { path: `${LIES}/@github/copilot/index.js` }],
  ])('is %s by what it leads to', (id, executable, args, resolved) => {
    const argv = ['node', ...args]
    const sure = matchProcess(index, { ...PROCESS, executable, argv, resolved }, [HOME])
    expect([sure?.entry.id, sure?.needsSupport]).toEqual([id, false])
    expect(matchProcess(index, { ...PROCESS, executable, argv }, [HOME])?.needsSupport).not.toBe(false)
  })

  test('is a Python command beside the interpreter of the environment that it leads to', () => {
    const argv = ['/srv/env/bin/python', `${BIN}/aider`]
    expect(matched('/usr/bin/python3.13', argv, undefined, { path: '/srv/env/bin/aider' })).toEqual(['aider', 'agent'])
    expect(matched('/usr/bin/python3.13', argv, undefined, { path: '/srv/other/bin/aider' })).toBeUndefined()
  })

  test.each<[string, string, readonly string[], ProcessRecord['resolved']]>([
    ['is no link', NODE, [`${BIN}/gemini`], { path: `${BIN}/gemini` }],
    [
      'leads to another package',
      NODE,
      [`${BIN}/gemini`],
      { path: `${LIES}/gemini/index.js`, package: { name: 'gemini' } },
    ],
    [
      'leads to another file of the package',
      NODE,
      [`${BIN}/gemini`],
      { path: `${LIES}/@google/gemini-cli/install.js` },
    ],
    ['was not found', NODE, [`${BIN}/gemini`], undefined],
  ])('is nothing where it %s', (_, executable, args, resolved) => {
    expect(matched(executable, ['node', ...args], undefined, resolved)).toBeUndefined()
  })

  test('is reported by its name and by where it lies', () => {
    const argv = ['node', `${BIN}/gemini`]
    const evidence = (resolved: ProcessRecord['resolved']) =>
      matchProcess(index, { ...PROCESS, executable: NODE, argv, resolved }, [HOME])?.evidence
    const path = `${LIES}/@google/gemini-cli/bundle/gemini.js`
    expect(evidence({ path })).toBe(`script ${BIN}/gemini, which lies at ${path}, run by ${NODE}`)
    expect(evidence({ path: '/src/main.js', package: { name: '@google/gemini-cli' } })).toBe(
      `script ${BIN}/gemini, a command of npm package @google/gemini-cli, run by ${NODE}`,
    )
  })
})

describe('Factory Droid, as npm installs it', () => {
  test.each([
    ['the binary that its script has linked', '/srv/x/lib/node_modules/droid/bin/droid'],
    ['the same in a project', `${HOME}/project/node_modules/droid/bin/droid`],
    ['that of its system', '/srv/x/lib/node_modules/droid/node_modules/@factory/cli-linux-x64/bin/droid'],
  ])('is known by %s, without support', (_, executable) => {
    expect(matchProcess(index, { ...PROCESS, executable, argv: ['droid'] }, [HOME])).toMatchObject({
      entry: { id: 'droid' },
      needsSupport: false,
    })
  })

  test('is known by its package, wherever that lies', () => {
    const [executable, name] = ['/srv/factory/bin/droid', 'droid']
    const found = matchProcess(
      index,
      { ...PROCESS, executable, argv: ['droid'], resolved: { path: executable, package: { name } } },
      [HOME],
    )
    expect(found).toMatchObject({
      entry: { id: 'droid' },
      needsSupport: false,
      evidence: `executable ${executable}, a command of npm package droid`,
    })
  })

  test.each<[string, string, ProcessRecord['resolved']]>([
    ['another program of that name', '/srv/factory/bin/droid', undefined],
    [
      'one of another package',
      '/srv/factory/bin/droid',
      { path: '/srv/factory/bin/droid', package: { name: 'left-pad' } },
    ],
    ['one that no package names', '/srv/factory/bin/droid', { path: '/srv/factory/bin/droid' }],
    ['another file of the package', '/srv/x/lib/node_modules/droid/vendor/rg', undefined],
    ['one that only lies below it', '/srv/x/lib/node_modules/droid/node_modules/x/bin/droid', undefined],
  ])('is not %s', (_, executable, resolved) => {
    expect(matched(executable, ['droid'], undefined, resolved)).toBeUndefined()
  })
})
