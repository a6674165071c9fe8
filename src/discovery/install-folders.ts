/** Where package managers put commands and packages on Linux: patterns for matching, and literal places to look. */

/** Folders of commands. A command of the catalogue counts in these and nowhere else. */
export const COMMAND_FOLDERS: readonly string[] = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/local/sbin',
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
  '~/.local/share/fnm/node-versions/*/installation/lib/node_modules',
  '~/.fnm/node-versions/*/installation/lib/node_modules',
  '~/.n/lib/node_modules',
  '~/n/lib/node_modules',
  '~/.bun/install/global/node_modules',
  '~/.config/yarn/global/node_modules',
  '~/.local/share/pnpm/global/*/node_modules',
  '~/.claude/local/node_modules',
]

export const SYSTEM_NODE_FOLDERS: readonly string[] = [
  '/usr/lib/node_modules',
  '/usr/local/lib/node_modules',
  '/usr/share/nodejs',
  '/opt/*/lib/node_modules',
]

/** Folders with one virtual environment for each installed program, named for its package. */
export const HOME_VENV_FOLDERS: readonly string[] = [
  '~/.local/share/pipx/venvs',
  '~/.local/pipx/venvs',
  '~/.local/share/uv/tools',
]
export const SYSTEM_VENV_FOLDERS: readonly string[] = ['/opt/pipx/venvs']

/** Folders that hold Python packages and their `.dist-info`. */
export const HOME_PYTHON_FOLDERS: readonly string[] = ['~/.local/lib/*/site-packages']
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
]
export const SYSTEM_COMMAND_FOLDERS: readonly string[] = ['/usr/bin', '/usr/local/bin', '/opt/*/bin']
