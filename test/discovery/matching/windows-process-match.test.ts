import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { catalogueFor } from '../../../src/discovery/catalogue/for-system.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import { bearsName, matchProcess, scriptOf } from '../../../src/discovery/matching/process-match.ts'
import { processRecord } from '../../support/processes/process-record.ts'

const HOME = 'C:/Users/ann'
const NODE = 'C:/Program Files/nodejs/node.exe'
const MODULES = 'C:\\Users\\ann\\AppData\\Roaming\\npm\\node_modules'
const windows = indexAgents(catalogueFor(builtInCatalogue(), 'windows'))
const darwin = indexAgents(catalogueFor(builtInCatalogue(), 'darwin'))

interface Started {
  readonly executable: string
  readonly argv?: readonly string[]
  readonly workingFolder?: string
}

const record = ({ executable, argv = [executable], ...more }: Started) => processRecord(1, executable, argv, more)
const matchOf = (index: typeof windows, started: Started, home = HOME) => matchProcess(index, record(started), [home])

test.each<[string, string, Started]>([
  [
    'claude-code',
    'a script of npm',
    { executable: NODE, argv: ['node', `${MODULES}\\@anthropic-ai\\claude-code\\cli.js`] },
  ],
  [
    'claude-code',
    'a script in another case, behind an option with a value',
    {
      executable: 'C:/PROGRA~1/nodejs/NODE.EXE',
      argv: ['node.exe', '--require', 'x.js', `${MODULES.toUpperCase()}\\@ANTHROPIC-AI\\Claude-Code\\CLI.js`],
    },
  ],
  [
    'gemini-cli',
    'a script named from where it was started',
    { executable: NODE, argv: ['node', '.\\@google\\gemini-cli\\bundle\\gemini.js'], workingFolder: MODULES },
  ],
  ['claude-code', 'its own program in the folder of commands', { executable: `${HOME}/.local/bin/claude.exe` }],
  ['claude-code', 'that program in another case', { executable: 'C:/USERS/Ann/.LOCAL/bin/Claude.EXE' }],
  ['claude-code', 'as Windows spells it', { executable: 'C:\\Users\\ann\\.local\\bin\\claude.exe' }],
  [
    'claude-code',
    'the program of its package',
    { executable: `${HOME}/AppData/Roaming/npm/node_modules/@anthropic-ai/claude-code/bin/claude.exe` },
  ],
  [
    'claude-code',
    'the program of its package for Windows',
    { executable: `${HOME}/x/node_modules/@anthropic-ai/claude-code-win32-x64/claude.exe` },
  ],
  [
    'codex',
    'a program deep in a package',
    {
      executable: `${HOME}/AppData/Roaming/npm/node_modules/@openai/codex-win32-x64/vendor/x86_64-pc-windows-msvc/bin/codex.exe`,
    },
  ],
  [
    'cursor-agent',
    'a Node of its own',
    { executable: `${HOME}/AppData/Local/cursor-agent/versions/2026.09.15/node.exe` },
  ],
  ['cursor', 'an editor', { executable: `${HOME}/AppData/Local/Programs/cursor/Cursor.exe` }],
  [
    'claude-desktop',
    'a packaged application',
    { executable: 'C:/Program Files/WindowsApps/Claude_1.3036.0_x64__pzs8sxrjxfjjc/app/claude.exe' },
  ],
  [
    'aider',
    'a command of Python that hands itself on',
    {
      executable: `${HOME}/AppData/Local/Programs/Python/Python312/python.exe`,
      argv: [
        'C:\\Users\\ann\\pipx\\venvs\\aider-chat\\Scripts\\python.exe',
        'C:\\Users\\ann\\pipx\\venvs\\aider-chat\\Scripts\\aider.exe',
      ],
    },
  ],
  ['aider', 'a module of Python', { executable: 'C:/Windows/pythonw.exe', argv: ['pythonw', '-m', 'aider'] }],
  [
    'ollama',
    'what serves models',
    { executable: `${HOME}/AppData/Local/Programs/Ollama/ollama.exe`, argv: ['ollama', 'serve'] },
  ],
])('on Windows %s is recognised: %s', (id, _, started) => {
  expect(matchOf(windows, started)?.entry.id).toBe(id)
})

test.each<[string, Started]>([
  ['a command of that name where anybody may put one', { executable: `${HOME}/Downloads/claude.exe` }],
  ['the command of another user', { executable: 'C:/Users/bob/.local/bin/claude.exe' }],
  [
    'a folder whose name begins so',
    { executable: `${HOME}/AppData/Roaming/npm/node_modules/@anthropic-ai/claude-code-old/bin/claude.exe` },
  ],
  ['Node without a script', { executable: NODE, argv: ['node'] }],
  [
    'Node with code',
    { executable: NODE, argv: ['node', '-e', `require('${MODULES}\\@anthropic-ai\\claude-code\\cli.js')`] },
  ],
  [
    'an editor that opens a file of it',
    { executable: 'C:/Windows/notepad.exe', argv: ['notepad', `${MODULES}\\@anthropic-ai\\claude-code\\cli.js`] },
  ],
  ['a script of a share', { executable: NODE, argv: ['node', '\\\\server\\share\\claude-code\\cli.js'] }],
  [
    'Python beside another command',
    { executable: 'C:/Python/python.exe', argv: ['C:\\a\\Scripts\\python.exe', 'C:\\b\\Scripts\\aider.exe'] },
  ],
  ['an editor of Linux', { executable: '/usr/share/cursor/cursor' }],
])('on Windows nothing is made of %s', (_, started) => {
  expect(matchOf(windows, started)).toBeUndefined()
})

test('reports a script by the path that shared code has', () => {
  expect(scriptOf(record({ executable: NODE, argv: ['node', '\\\\?\\C:\\x\\a.js'] }))).toBe('C:/x/a.js')
})

test('the command line of a program of Windows is no title', () => {
  expect(scriptOf(record({ executable: NODE, argv: ['C:\\Program Files\\nodejs\\node.exe'] }))).toBeUndefined()
  expect(matchOf(windows, { executable: NODE, argv: ['openclaw', '', ''] })).toBeUndefined()
})

test.each([
  ['C:/x/Claude.EXE', true],
  ['C:\\x\\claude.exe', true],
  ['C:/x/claude.com', false],
  ['C:/x/claudette.exe', false],
])('the program %s bears a name of the catalogue: %s', (path, expected) => {
  expect(bearsName(windows, path)).toBe(expected)
})

test.each<[string, Started]>([
  ['claude-code', { executable: '/opt/homebrew/bin/claude' }],
  ['claude-code', { executable: '/Users/ann/x/node_modules/@anthropic-ai/claude-code-darwin-arm64/claude' }],
  ['claude-code', { executable: '/Users/ann/.local/share/claude/versions/2.1.332' }],
  [
    'codex',
    { executable: '/opt/homebrew/lib/node_modules/@openai/codex-darwin-arm64/vendor/aarch64-apple-darwin/bin/codex' },
  ],
  ['cursor', { executable: '/Applications/Cursor.app/Contents/MacOS/Cursor' }],
  [
    'gemini-cli',
    { executable: '/opt/homebrew/Cellar/node/24.1.0/bin/node', argv: ['node', '/opt/homebrew/bin/gemini'] },
  ],
])('on macOS %s is recognised', (id, started) => {
  expect(matchOf(darwin, started, '/Users/ann')?.entry.id).toBe(id)
})
