/** Where package managers put commands and packages on Linux: patterns for matching, and literal places to look. */

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
]

/** Folders that hold npm packages, each `…/node_modules`. `*` stands for every folder there. */
export const HOME_NODE_FOLDERS: readonly string[] = [
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

export const SYSTEM_NODE_FOLDERS: readonly string[] = [
  '/usr/lib/node_modules',
  '/usr/local/lib/node_modules',
  '/usr/share/nodejs',
  ...SYSTEM_PREFIXES.map((prefix) => `${prefix}/lib/node_modules`),
  '/usr/local/nvm/versions/node/*/lib/node_modules',
  '/home/linuxbrew/.linuxbrew/lib/node_modules',
]

/** Folders with one virtual environment for each installed program, named for its package. */
export const HOME_VENV_FOLDERS: readonly string[] = [
  '~/.local/share/pipx/venvs',
  '~/.local/pipx/venvs',
  '~/.local/share/uv/tools',
  '~/.local/share/mise/installs/pipx-*/*',
]
export const SYSTEM_VENV_FOLDERS: readonly string[] = ['/opt/pipx/venvs']

/** Folders that hold Python packages and their `.dist-info`. */
export const HOME_PYTHON_FOLDERS: readonly string[] = [
  '~/.local/lib/*/site-packages',
  '~/.pyenv/versions/*/lib/*/site-packages',
  '~/.asdf/installs/python/*/lib/*/site-packages',
  '~/.local/share/mise/installs/python/*/lib/*/site-packages',
  ...HOME_CONDA_PREFIXES.map((prefix) => `${prefix}/lib/*/site-packages`),
]
export const SYSTEM_PYTHON_FOLDERS: readonly string[] = [
  '/usr/lib/python3/dist-packages',
  '/usr/local/lib/*/dist-packages',
]

/** Where commands without a package are looked for. */
export const HOME_COMMAND_FOLDERS: readonly string[] = [
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
export const SYSTEM_COMMAND_FOLDERS: readonly string[] = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/local/sbin',
  ...SYSTEM_PREFIXES.map((prefix) => `${prefix}/bin`),
  '/home/linuxbrew/.linuxbrew/bin',
  '/snap/bin',
  '/var/lib/snapd/snap/bin',
]

/** Where Homebrew keeps `Cellar` and `Caskroom`. */
export const BREW_PREFIXES: readonly string[] = ['/home/linuxbrew/.linuxbrew', '~/.linuxbrew', '/opt/homebrew']
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
