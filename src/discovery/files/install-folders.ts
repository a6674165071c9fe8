import type { HomeLayout } from './home-layout.ts'

/** Where package managers put commands and packages: patterns for matching, and literal places to look. */

/** Where people install conda and its kin in their homes. */
const HOME_CONDAS = ['miniconda3', 'anaconda3', 'miniforge3', 'mambaforge', 'micromamba']
/** A prefix each, of their base and of each environment. */
const HOME_CONDA_PREFIXES = HOME_CONDAS.flatMap((conda) => [`~/${conda}`, `~/${conda}/envs/*`])
/** Prefixes of Node and of conda that serve everybody. */
const SYSTEM_PREFIXES = ['/opt/*', '/opt/node*/*', '/opt/*/envs/*', '/usr/local/share/nvm/versions/node/*']

/** Folders of commands. A command of the catalogue counts in these and nowhere else, unless it is a link to what is known. */
export const COMMAND_FOLDERS: readonly string[] = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/snap/bin',
  '/var/lib/snapd/snap/bin',
  '/opt/*/bin',
  '/home/linuxbrew/.linuxbrew/bin',
  '/home/linuxbrew/.linuxbrew/Cellar/*/*/bin',
  '/run/user/*/fnm_multishells/*/bin',
  '**/node_modules/.bin',
  '~/.local/bin',
  '~/bin',
  '~/.npm-global/bin',
  '~/.npm-packages/bin',
  '~/.local/share/npm/bin',
  '~/.nvm/versions/node/*/bin',
  '~/.volta/bin',
  '~/.volta/tools/image/packages/*/bin',
  '~/.volta/tools/image/packages/*/*/bin',
  '~/.asdf/installs/*/*/bin',
  '~/.local/share/mise/installs/*/*/bin',
  '~/.local/share/fnm/node-versions/*/installation/bin',
  '~/.fnm/node-versions/*/installation/bin',
  '~/.local/state/fnm_multishells/*/bin',
  '~/.n/bin',
  '~/n/bin',
  '~/.bun/bin',
  '~/.deno/bin',
  '~/.cargo/bin',
  '~/go/bin',
  '~/.yarn/bin',
  '~/.local/share/pnpm',
  '~/.local/share/pnpm/bin',
  '~/.local/share/pipx/venvs/*/bin',
  '~/.local/pipx/venvs/*/bin',
  '~/.local/share/uv/tools/*/bin',
  '/opt/pipx/venvs/*/bin',
  // Of macOS.
  '/opt/homebrew/bin',
  '/opt/homebrew/Cellar/*/*/bin',
  '/usr/local/Cellar/*/*/bin',
  '~/Library/pnpm',
  '~/Library/pnpm/bin',
  '~/Library/Python/*/bin',
  '~/Library/Application Support/fnm/node-versions/*/installation/bin',
  // Of Windows.
  '~/AppData/Roaming/npm',
  '~/AppData/Local/pnpm',
  '~/AppData/Local/pnpm/bin',
  '~/AppData/Local/Volta/bin',
  '~/AppData/Local/Microsoft/WinGet/Links',
  '~/AppData/Local/Microsoft/WinGet/Packages/*',
  '~/AppData/Local/mise/installs/*/*',
  '~/AppData/Roaming/fnm/node-versions/*/installation',
  '~/AppData/Roaming/nvm/*',
  '~/AppData/Local/nvm/*',
  '~/AppData/Roaming/uv/tools/*/Scripts',
  '~/AppData/Roaming/Python/*/Scripts',
  '~/AppData/Local/Programs/Python/*/Scripts',
  '~/AppData/Local/pipx/pipx/venvs/*/Scripts',
  '~/pipx/venvs/*/Scripts',
  '~/scoop/shims',
  '~/scoop/apps/*/*',
  'C:/Program Files/nodejs',
  'C:/ProgramData/chocolatey/bin',
  'C:/Program Files/WinGet/Links',
]

/** Folders that hold npm packages, each `…/node_modules`. `*` stands for every folder there. */
const HOME_NODE_FOLDERS: readonly string[] = [
  '~/.npm-global/lib/node_modules',
  '~/.npm-packages/lib/node_modules',
  '~/.local/lib/node_modules',
  '~/.local/share/npm/lib/node_modules',
  '~/.nvm/versions/node/*/lib/node_modules',
  '~/.volta/tools/image/packages/*/lib/node_modules',
  '~/.volta/tools/image/packages/*/*/lib/node_modules',
  '~/.asdf/installs/nodejs/*/lib/node_modules',
  '~/.local/share/mise/installs/node/*/lib/node_modules',
  '~/.local/share/mise/installs/npm-*/*/lib/node_modules',
  '~/.local/share/fnm/node-versions/*/installation/lib/node_modules',
  '~/.fnm/node-versions/*/installation/lib/node_modules',
  '~/.n/lib/node_modules',
  '~/n/lib/node_modules',
  '~/.bun/install/global/node_modules',
  '~/.config/yarn/global/node_modules',
  '~/.nodenv/versions/*/lib/node_modules',
  '~/.linuxbrew/lib/node_modules',
  '~/.local/share/pnpm/global/*/node_modules',
  '~/.claude/local/node_modules',
  ...HOME_CONDA_PREFIXES.map((prefix) => `${prefix}/lib/node_modules`),
]

const SYSTEM_NODE_FOLDERS: readonly string[] = [
  '/usr/lib/node_modules',
  '/usr/local/lib/node_modules',
  '/usr/share/nodejs',
  ...SYSTEM_PREFIXES.map((prefix) => `${prefix}/lib/node_modules`),
  '/usr/local/nvm/versions/node/*/lib/node_modules',
  '/home/linuxbrew/.linuxbrew/lib/node_modules',
]

/** Folders with one virtual environment for each installed program, named for its package. */
const HOME_VENV_FOLDERS: readonly string[] = [
  '~/.local/share/pipx/venvs',
  '~/.local/pipx/venvs',
  '~/.local/share/uv/tools',
  '~/.local/share/mise/installs/pipx-*/*',
]
const SYSTEM_VENV_FOLDERS: readonly string[] = ['/opt/pipx/venvs']

/** Folders that hold Python packages and their `.dist-info`. */
const HOME_PYTHON_FOLDERS: readonly string[] = [
  '~/.local/lib/*/site-packages',
  '~/.pyenv/versions/*/lib/*/site-packages',
  '~/.asdf/installs/python/*/lib/*/site-packages',
  '~/.local/share/mise/installs/python/*/lib/*/site-packages',
  ...HOME_CONDA_PREFIXES.map((prefix) => `${prefix}/lib/*/site-packages`),
]
const SYSTEM_PYTHON_FOLDERS: readonly string[] = ['/usr/lib/python3/dist-packages', '/usr/local/lib/*/dist-packages']

/** Where commands without a package are looked for. */
const HOME_COMMAND_FOLDERS: readonly string[] = [
  '~/.local/bin',
  '~/bin',
  '~/.cargo/bin',
  '~/go/bin',
  '~/.bun/bin',
  '~/.deno/bin',
  '~/.local/share/pnpm',
  '~/.local/share/pnpm/bin',
  '~/.npm-global/bin',
  '~/.npm-packages/bin',
  '~/.yarn/bin',
  '~/.volta/bin',
  '~/.linuxbrew/bin',
  '~/.local/share/mise/installs/*/*/bin',
  '~/.asdf/installs/*/*/bin',
  ...HOME_CONDA_PREFIXES.map((prefix) => `${prefix}/bin`),
]
const SYSTEM_COMMAND_FOLDERS: readonly string[] = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/local/sbin',
  ...SYSTEM_PREFIXES.map((prefix) => `${prefix}/bin`),
  '/home/linuxbrew/.linuxbrew/bin',
  '/snap/bin',
  '/var/lib/snapd/snap/bin',
]

/** Where installations lie: each a pattern of folders. */
export interface InstallFolders {
  readonly node: readonly string[]
  readonly venvs: readonly string[]
  readonly python: readonly string[]
  readonly commands: readonly string[]
}

/** Of npm, fnm, pipx, uv, mise and Python as their documents have them on each system. */
const LINUX: Readonly<Record<'home' | 'machine', InstallFolders>> = {
  home: {
    node: HOME_NODE_FOLDERS,
    venvs: HOME_VENV_FOLDERS,
    python: HOME_PYTHON_FOLDERS,
    commands: HOME_COMMAND_FOLDERS,
  },
  machine: {
    node: SYSTEM_NODE_FOLDERS,
    venvs: SYSTEM_VENV_FOLDERS,
    python: SYSTEM_PYTHON_FOLDERS,
    commands: SYSTEM_COMMAND_FOLDERS,
  },
}

const DARWIN_SUPPORT = '~/Library/Application Support'
const DARWIN: typeof LINUX = {
  home: {
    node: [
      ...HOME_NODE_FOLDERS,
      '~/Library/pnpm/global/*/node_modules',
      `${DARWIN_SUPPORT}/fnm/node-versions/*/installation/lib/node_modules`,
    ],
    venvs: [...HOME_VENV_FOLDERS, `${DARWIN_SUPPORT}/pipx/venvs`],
    python: [...HOME_PYTHON_FOLDERS, '~/Library/Python/*/lib/python/site-packages'],
    commands: [...HOME_COMMAND_FOLDERS, '~/Library/pnpm', '~/Library/pnpm/bin', '~/Library/Python/*/bin'],
  },
  machine: {
    node: ['/usr/local/lib/node_modules', '/opt/homebrew/lib/node_modules', '/opt/local/lib/node_modules'],
    venvs: SYSTEM_VENV_FOLDERS,
    python: [
      '/Library/Frameworks/Python.framework/Versions/*/lib/*/site-packages',
      '/opt/homebrew/lib/*/site-packages',
      '/usr/local/lib/*/site-packages',
    ],
    commands: ['/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin'],
  },
}

const WINDOWS: typeof LINUX = {
  home: {
    node: [
      '~/AppData/Roaming/npm/node_modules',
      '~/AppData/Roaming/fnm/node-versions/*/installation/node_modules',
      '~/AppData/Roaming/nvm/*/node_modules',
      '~/AppData/Local/nvm/*/node_modules',
      '~/AppData/Local/Volta/tools/image/packages/*/node_modules',
      '~/AppData/Local/Volta/tools/image/packages/*/*/node_modules',
      '~/AppData/Local/pnpm/global/*/node_modules',
      '~/AppData/Local/Yarn/Data/global/node_modules',
      '~/AppData/Local/mise/installs/node/*/node_modules',
      '~/scoop/persist/nodejs/bin/node_modules',
      '~/scoop/persist/nodejs-lts/bin/node_modules',
      '~/.bun/install/global/node_modules',
      '~/.claude/local/node_modules',
    ],
    venvs: ['~/pipx/venvs', '~/.local/pipx/venvs', '~/AppData/Local/pipx/pipx/venvs', '~/AppData/Roaming/uv/tools'],
    python: [
      '~/AppData/Roaming/Python/*/site-packages',
      '~/AppData/Local/Programs/Python/*/Lib/site-packages',
      '~/.pyenv/pyenv-win/versions/*/Lib/site-packages',
      ...HOME_CONDA_PREFIXES.map((prefix) => `${prefix}/Lib/site-packages`),
    ],
    commands: [
      '~/.local/bin',
      '~/AppData/Roaming/npm',
      '~/AppData/Local/pnpm',
      '~/AppData/Local/Volta/bin',
      '~/AppData/Local/Microsoft/WinGet/Links',
      '~/AppData/Local/cursor-agent',
      '~/AppData/Roaming/Python/*/Scripts',
      '~/AppData/Local/Programs/Python/*/Scripts',
      '~/scoop/shims',
      '~/.cargo/bin',
      '~/go/bin',
      '~/.bun/bin',
      '~/.deno/bin',
      '~/.opencode/bin',
    ],
  },
  machine: {
    node: ['C:/Program Files/nodejs/node_modules', 'C:/nvm4w/nodejs/node_modules'],
    venvs: [],
    python: ['C:/Program Files/Python*/Lib/site-packages'],
    commands: ['C:/Program Files/nodejs', 'C:/ProgramData/chocolatey/bin', 'C:/Program Files/WinGet/Links'],
  },
}

const ALL: Readonly<Record<HomeLayout, typeof LINUX>> = { linux: LINUX, darwin: DARWIN, windows: WINDOWS }

export function installFolders(layout: HomeLayout, inHome: boolean): InstallFolders {
  return ALL[layout][inHome ? 'home' : 'machine']
}

/** Where Homebrew keeps `Cellar` and `Caskroom`. */
export const BREW_PREFIXES: readonly string[] = [
  '/home/linuxbrew/.linuxbrew',
  '~/.linuxbrew',
  '/opt/homebrew',
  '/usr/local',
]
/** Where Flatpak keeps applications, a folder each. */
export const FLATPAK_FOLDERS: readonly string[] = ['/var/lib/flatpak/app', '~/.local/share/flatpak/app']
/** Where snapd mounts snaps, a folder each. */
export const SNAP_FOLDERS: readonly string[] = ['/snap', '/var/lib/snapd/snap']
/** Where people put AppImages. */
export const APP_IMAGE_FOLDERS: readonly string[] = [
  '~/Applications',
  '~/AppImages',
  '~/.local/bin',
  '~/bin',
  '~/Downloads',
  '~/Desktop',
  '/opt',
  '/opt/*',
]
/** Where menus are made of `.desktop` files. */
export const APPLICATION_FOLDERS: readonly string[] = [
  '~/.local/share/applications',
  '~/.local/share/flatpak/exports/share/applications',
  '/usr/share/applications',
  '/usr/local/share/applications',
  '/var/lib/flatpak/exports/share/applications',
  '/var/lib/snapd/desktop/applications',
]
