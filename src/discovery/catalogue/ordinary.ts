/** Names, paths and folders that every system has and that say nothing about an agent. */

/** Ordinary programs. None of them is an agent, whatever a catalogue says. */
export const ORDINARY_NAMES: readonly string[] = [
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
/** Ordinary modules of `python -m`. */
export const ORDINARY_MODULES: readonly string[] = [
  'pip',
  'venv',
  'pytest',
  'unittest',
  'http.server',
  'json.tool',
  'build',
]
/** What every program takes: it never says how far one goes without asking. */
export const ORDINARY_FLAGS: readonly string[] = ['--help', '-h', '--version', '-V', '--verbose', '-v', '--debug']
export const ORDINARY_VARIABLES: readonly string[] = [
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

export const ORDINARY_PROGRAMS: readonly string[] = [
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
export const ORDINARY_SCRIPTS: readonly string[] = [
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
/** Whose homes lie in those paths. */
export const ORDINARY_HOMES: readonly string[] = ['/home/u', '/root']

/** Segments of a path that every package and program has. */
export const ORDINARY_SEGMENTS: readonly string[] = [
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

/** Folders that every home has: a file there says nothing. */
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
