import { keepsSessions } from '../../../src/discovery/unknown/known-runners.ts'
import { credentialWords, fetchedReason } from '../../../src/discovery/unknown/severity.ts'
import { look, type SeenProcess, seen } from './behaviour-world.ts'

/**
 * What Windows does not tell: sessions that a program begins for a tool, and terminals. So tools are not known by them; variables that an
 * agent sets, its model and its MCP servers still are.
 */

const WINDOWS: Partial<SeenProcess> = { userId: 'S-1-5-21-1-2-3-1001', sessionId: 1, ttyNumber: 0 }
const started = (
  pid: number,
  parentPid: number,
  executable: string,
  argv: readonly string[],
  more: Partial<SeenProcess> = {},
) => seen(pid, executable, argv, { ...WINDOWS, parentPid, ...more })
const NODE = 'C:/Program Files/nodejs/node.exe'
const MODEL = { connected: [{ address: '127.0.0.1', port: 11434, loopback: true }], listening: [] }
const init = { homes: ['C:/Users/ann'] }

const DESKTOP = [
  started(40, 4, 'C:/Windows/explorer.exe', ['explorer']),
  started(41, 40, 'C:/Program Files/WindowsApps/Microsoft.WindowsTerminal_1.22/WindowsTerminal.exe', ['wt']),
  started(50, 41, 'C:/Program Files/PowerShell/7/pwsh.exe', ['pwsh']),
]

test('finds an unknown agent by what it gives its tools and by its model', async () => {
  const found = await look(
    [
      ...DESKTOP,
      started(100, 50, NODE, ['node', 'C:\\Users\\ann\\robo\\index.js', 'the prompt'], { sockets: MODEL }),
      started(101, 100, 'C:/Windows/System32/cmd.exe', ['cmd', '/c', 'del secret'], {
        environmentNames: ['PATH', 'AI_AGENT', 'ROBO_AGENT_SESSION_ID'],
      }),
    ],
    init,
  )
  expect(found).toMatchObject([
    {
      name: 'robo',
      process: { pid: 100 },
      user: { id: 'S-1-5-21-1-2-3-1001' },
      attribution: { how: 'direct', because: 'session 1 of Windows', session: { id: '1' } },
    },
  ])
  expect(JSON.stringify(found)).not.toContain('secret')
  expect(JSON.stringify(found)).not.toContain('prompt')
})

test.each<[string, readonly SeenProcess[]]>([
  [
    'a build in a terminal',
    [
      started(100, 50, NODE, ['node', 'C:\\code\\app\\node_modules\\vite\\bin\\vite.js']),
      started(101, 100, 'C:/code/app/node_modules/@esbuild/win32-x64/esbuild.exe', ['esbuild', '--service']),
      started(102, 100, 'C:/Windows/System32/cmd.exe', ['cmd', '/d', '/s', '/c', 'git status']),
    ],
  ],
  [
    'an editor with language servers',
    [
      started(100, 40, 'C:/Users/ann/AppData/Local/Programs/Microsoft VS Code/Code.exe', ['Code.exe']),
      started(
        101,
        100,
        'C:/Users/ann/AppData/Local/Programs/Microsoft VS Code/Code.exe',
        ['Code.exe', '--ms-enable-electron-run-as-node', 'tsserver.js'],
        {
          streams: ['pipe', 'pipe', 'pipe'],
        },
      ),
    ],
  ],
  ['a script that asks a model', [started(100, 50, NODE, ['node', 'C:\\work\\ask.js'], { sockets: MODEL })]],
  ['a service', [started(100, 4, 'C:/Program Files/Acme/acme.exe', ['acme'], { sessionId: 0, userId: 'S-1-5-18' })]],
])('%s is no agent', async (_, processes) => {
  expect(await look([...DESKTOP, ...processes], init)).toEqual([])
})

test.each([
  ['C:/Windows/System32/cmd.exe', true],
  ['C:\\WINDOWS\\system32\\WindowsPowerShell\\v1.0\\PowerShell.EXE', true],
  ['C:/Windows/explorer.exe', true],
  ['C:/Program Files/Git/bin/bash.exe', true],
  ['C:/Users/ann/cmd.exe', false],
  ['D:/Windows/System32/cmd.exe', false],
  ['C:/Windows/System32/robo.exe', false],
])('%s keeps sessions: %s', (executable, expected) => {
  expect(keepsSessions(started(1, 0, executable, []))).toBe(expected)
})

test.each([
  ['C:/Users/ann/Downloads/robo.exe', 'lies among downloads'],
  ['C:/Users/ann/AppData/Local/Temp/x/robo.exe', 'lies in a folder'],
  ['C:/Users/Public/robo.exe', 'lies in a folder'],
  ['C:/Users/ann/AppData/Local/npm-cache/_npx/0a1b/node_modules/robo/cli.js', 'was fetched by npx'],
  ['/Users/ann/Downloads/robo', 'lies among downloads'],
])('%s %s', (path, words) => {
  expect(fetchedReason({ name: 'robo', path }, started(1, 0, path, []))?.detail).toContain(words)
})

test.each([
  ['C:\\Users\\ann\\.ssh\\id_ed25519', 'keys of ssh'],
  [
    'C:\\Users\\ann\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Login Data',
    'passwords or cookies of a browser',
  ],
  ['C:\\Users\\ann\\AppData\\Local\\Microsoft\\Credentials\\DFBE70A7', 'a keyring'],
  ['/Users/ann/Library/Keychains/login.keychain-db', 'a keyring'],
])('%s is a file of %s', (path, words) => {
  expect(credentialWords([path])).toEqual([words])
})
