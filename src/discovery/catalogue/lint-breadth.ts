import type { CatalogueEntry } from './catalogue.ts'
import { compilePathPattern, scanPath } from './path-pattern.ts'

/** Facts that would fit what has nothing to do with the agent, or send a look through every folder. */
export function breadthFaults(entry: CatalogueEntry): string[] {
  return [
    ...nameFaults(entry),
    ...programFaults(entry),
    ...folderFaults(entry),
    ...lookFaults(entry),
    ...windowsFaults(entry),
  ]
}

/** Programs that everybody runs; none of them is an agent, however somebody's catalogue calls it. */
const ORDINARY_NAMES: readonly string[] = [
  ...[
    'sh',
    'bash',
    'dash',
    'zsh',
    'fish',
    'ksh',
    'cmd',
    'pwsh',
    'powershell',
    'env',
    'sudo',
    'su',
    'login',
    'ssh',
    'tmux',
  ],
  ...['node', 'bun', 'deno', 'python', 'python2', 'python3', 'ruby', 'perl', 'php', 'java', 'dotnet', 'lua'],
  ...[
    'npm',
    'npx',
    'pnpm',
    'yarn',
    'pip',
    'pip3',
    'pipx',
    'uv',
    'uvx',
    'cargo',
    'go',
    'make',
    'git',
    'docker',
    'podman',
  ],
  ...['systemd', 'launchd', 'init', 'cat', 'ls', 'curl', 'wget', 'vim', 'nvim', 'emacs', 'code', 'chrome', 'firefox'],
]
/** What `python -m` runs for everybody. */
const ORDINARY_MODULES: readonly string[] = ['pip', 'venv', 'pytest', 'unittest', 'http.server', 'json.tool', 'build']
const ORDINARY_VARIABLES: readonly string[] = [
  ...[
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'SHELL',
    'PWD',
    'OLDPWD',
    'LANG',
    'TERM',
    'TERM_PROGRAM',
    'COLORTERM',
    'TZ',
    'TMPDIR',
  ],
  ...['EDITOR', 'VISUAL', 'PAGER', 'GIT_PAGER', 'DISPLAY', 'WAYLAND_DISPLAY', 'SSH_AUTH_SOCK', 'SSH_CONNECTION', 'CI'],
  ...['NODE_OPTIONS', 'PYTHONPATH', 'VIRTUAL_ENV', 'DBUS_SESSION_BUS_ADDRESS'],
]

function nameFaults(entry: CatalogueEntry): string[] {
  const among = (what: string, names: readonly string[], ordinary: readonly string[]) =>
    names.filter((name) => ordinary.includes(name)).map((name) => `${what} ${name} is everybody's`)
  return [
    ...among(
      'command',
      (entry.commands ?? []).map(({ name }) => name),
      ORDINARY_NAMES,
    ),
    ...among(
      'title',
      (entry.titles ?? []).map(({ title }) => title),
      ORDINARY_NAMES,
    ),
    ...among(
      'module',
      (entry.modules ?? []).map(({ name }) => name),
      ORDINARY_MODULES,
    ),
    ...among(
      'environment marker',
      (entry.environment ?? []).map(({ name }) => name),
      ORDINARY_VARIABLES,
    ),
  ]
}

const ORDINARY_PROGRAMS: readonly string[] = [
  ...[
    '/bin/sh',
    '/usr/bin/node',
    '/usr/bin/python3.13',
    '/usr/local/bin/tool',
    '/usr/lib/systemd/systemd',
    '/sbin/init',
  ],
  ...[
    '/usr/lib/firefox/firefox',
    '/usr/share/code/code',
    '/opt/google/chrome/chrome',
    '/opt/tool/bin/tool',
    '/opt/tool/tool',
  ],
  ...[
    '/home/u/.nvm/versions/node/v24.0.0/bin/node',
    '/home/u/.local/bin/tool',
    '/home/u/.cargo/bin/tool',
    '/home/u/go/bin/tool',
  ],
  ...[
    '/home/u/.vscode-server/bin/0123abcd/node',
    '/home/u/project/build/program',
    '/home/u/tool',
    '/tmp/program',
    '/root/program',
  ],
  ...['/home/u/project/node_modules/@esbuild/linux-x64/bin/esbuild', '/home/u/project/node_modules/.bin/esbuild'],
  ...[
    '/Applications/Safari.app/Contents/MacOS/Safari',
    '/usr/libexec/program',
    '/home/u/.local/share/tool/versions/1.0.0/tool',
  ],
]
const ORDINARY_SCRIPTS: readonly string[] = [
  ...[
    '/home/u/project/server.js',
    '/home/u/project/index.js',
    '/home/u/project/dist/index.js',
    '/home/u/project/main.py',
  ],
  ...[
    '/home/u/project/node_modules/.bin/tsc',
    '/home/u/project/node_modules/typescript/bin/tsc',
    '/usr/bin/apt-listchanges',
  ],
  ...[
    '/usr/lib/node_modules/npm/bin/npm-cli.js',
    '/home/u/.local/bin/tool',
    '/home/u/.local/share/pipx/venvs/tool/bin/tool',
  ],
  ...['/home/u/project/node_modules/vite/bin/vite.js', '/home/u/project/node_modules/@scope/tool/dist/index.js'],
]
const HOMES: readonly string[] = ['/home/u', '/root']

function programFaults(entry: CatalogueEntry): string[] {
  const files = [...(entry.executables ?? []), ...(entry.darwin?.executables ?? [])].map(({ path }) => path)
  const scripts = [
    ...(entry.scripts ?? []).map(({ path }) => path),
    ...(entry.npm ?? []).flatMap((fact) => (fact.scripts ?? []).map((file) => `**/node_modules/${fact.name}/${file}`)),
  ]
  const helpers = (entry.helpers ?? []).flatMap(({ script }) => script ?? [])
  return [
    ...patternFaults(files, ORDINARY_PROGRAMS),
    ...patternFaults(scripts, ORDINARY_SCRIPTS),
    ...helpers.flatMap((pattern) => {
      const fault = spellingFault(pattern)
      return fault === undefined ? [] : [`pattern ${pattern} ${fault}`]
    }),
  ]
}

function patternFaults(patterns: readonly string[], ordinary: readonly string[]): string[] {
  return patterns.flatMap((pattern) => {
    const spelling = spellingFault(pattern)
    if (spelling !== undefined) return [`pattern ${pattern} ${spelling}`]
    const matches = compilePathPattern(pattern)
    const hit = ordinary.find((path) => matches(scanPath(path, HOMES)))
    const fault = hit === undefined ? bareNameFault(pattern) : `would match ${hit}`
    return fault === undefined ? [] : [`pattern ${pattern} ${fault}`]
  })
}

export function spellingFault(pattern: string): string | undefined {
  const segments = segmentsOf(pattern)
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'has a . or .. segment'
  if (segments.some((segment) => segment.includes('**') && segment !== '**')) return 'mixes ** with text'
  if (pattern.includes('//') || pattern.endsWith('/')) return 'has an empty segment'
  // Each further one multiplies the ways in which a long name may fail to fit.
  if (segments.some((segment) => segment !== '**' && segment.split('*').length > 2)) return 'has two * in one segment'
  if (segments.filter((segment) => segment === '**').length > 1) return 'has ** twice'
  return undefined
}

/** A pattern must hold on to something: names of its own, beside those that every package and program has. */
function bareNameFault(pattern: string): string | undefined {
  const literal = segmentsOf(pattern).filter((segment) => !segment.includes('*'))
  // The scope of an npm package is a folder that nobody else has.
  if (literal.some((segment) => segment.startsWith('@'))) return undefined
  if (pattern.startsWith('**/') && literal.length < 2) return 'would match by a bare name'
  const own = segmentsOf(pattern).filter((segment) => !COMMON_SEGMENTS.includes(segment) && !/^\*+$/.test(segment))
  return own.length === 0 ? 'has too little of its own' : undefined
}

const COMMON_SEGMENTS: readonly string[] = [
  ...[
    'node_modules',
    '.bin',
    'bin',
    'sbin',
    'lib',
    'libexec',
    'dist',
    'build',
    'src',
    'usr',
    'local',
    'opt',
    'home',
    'share',
  ],
  ...['.local', '.config', '.cache', 'versions', 'packages', 'index.js', 'main.js', 'cli.js', 'server.js', 'main.py'],
]

/** Folders that everybody has: what lies there says nothing. */
export const ORDINARY_FOLDERS: readonly string[] = [
  ...['~/.config', '~/.local', '~/.local/share', '~/.local/state', '~/.local/bin', '~/.cache', '~/bin', '~/Documents'],
  ...[
    '~/Downloads',
    '~/Desktop',
    '~/.ssh',
    '~/.gnupg',
    '~/.npm',
    '~/.cargo',
    '~/Library',
    '~/Library/Application Support',
  ],
  ...[
    '/usr',
    '/usr/share',
    '/usr/lib',
    '/usr/bin',
    '/usr/local',
    '/opt',
    '/etc',
    '/var',
    '/var/lib',
    '/home',
    '/root',
    '/tmp',
  ],
  ...['/Applications', '/Library', '/Library/Application Support', '/System'],
]

function folderFaults(entry: CatalogueEntry): string[] {
  const { darwin } = entry
  const folders = [entry.versionFolders, entry.stateFolders, darwin?.stateFolders]
  return folders
    .flatMap((facts) => facts ?? [])
    .flatMap(({ path }) => {
      const fault = spellingFault(path)
      if (fault !== undefined) return [`pattern ${path} ${fault}`]
      if (path.includes('*')) return [`folder ${path} must be literal`]
      return ORDINARY_FOLDERS.includes(path) ? [`folder ${path} is everybody's`] : []
    })
}

/** So many `*` in one path that is looked for. */
const MAX_STARS = 4

/** The ending that files of one program have, and hardly any others. */
const OWN_ENDING = /^\*\.(?!(json|jsonc|toml|yaml|yml|md|txt|js|ts|py|env)$)[a-z][a-z-]{3,}$/

/** Paths that are looked for, not matched: every `*` is a folder that is listed. */
function lookFaults(entry: CatalogueEntry): string[] {
  const { darwin } = entry
  const looked = [
    ...[entry.mcp, entry.workspaces, entry.settings, entry.files, entry.accounts, entry.pidFiles],
    ...[
      entry.activity,
      entry.credentials,
      entry.managedSettings,
      entry.models,
      darwin?.mcp,
      darwin?.files,
      darwin?.managedSettings,
    ],
  ]
  return looked
    .flatMap((facts) => facts ?? [])
    .flatMap(({ path }) => {
      const fault = spellingFault(path.replace(/^\.\//, '/'))
      if (fault !== undefined) return [`pattern ${path} ${fault}`]
      if (path.includes('**')) return [`path ${path} would look through every folder`]
      if (segmentsOf(path).filter((segment) => segment.includes('*')).length > MAX_STARS) {
        return [`path ${path} would look through too many folders`]
      }
      const [first = '', ...rest] = segmentsOf(path).filter((segment) => segment !== '.')
      const namesOwnFiles = path.startsWith('./') && rest.length === 0 && OWN_ENDING.test(first)
      return first.includes('*') && !namesOwnFiles ? [`path ${path} would look through everybody's folders`] : []
    })
}

function windowsFaults({ windows }: CatalogueEntry): string[] {
  if (windows === undefined) return []
  const paths = [windows.executables, windows.stateFolders, windows.mcp, windows.files, windows.managedSettings]
  const spelling = paths
    .flatMap((facts) => facts ?? [])
    .flatMap(({ path }) => {
      const fault = spellingFault(path.replaceAll('\\', '/'))
      return fault === undefined ? [] : [`pattern ${path} ${fault}`]
    })
  const programs = (windows.executables ?? []).flatMap(({ path }) => {
    if (!path.toLowerCase().endsWith('.exe')) return [`pattern ${path} names no program`]
    const fault = bareNameFault(path.replaceAll('\\', '/'))
    return fault === undefined ? [] : [`pattern ${path} ${fault}`]
  })
  return [...spelling, ...programs]
}

export function segmentsOf(pattern: string): string[] {
  return pattern.split('/').filter((segment) => segment !== '' && segment !== '~')
}
