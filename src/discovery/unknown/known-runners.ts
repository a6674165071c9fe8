import { isSpeltByWindows, portableText } from '../../system/files/portable-text.ts'
import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import type { ProgramName } from './program-name.ts'

/**
 * Programs whose purpose is to start others in sessions of their own. Their children, pace and markers are ignored,
 * except the marker that makers of agents agreed on. A program can take such a name to hide, so the agreed marker and
 * all other signals still count.
 */
const RUNNERS = new Set(
  [
    // Task runners and build systems.
    'make gmake ninja cmake ctest bazel bazelisk buck2 gradle gradlew mvn sbt cargo go just task act earthly',
    'turbo nx lerna rush gulp grunt concurrently npm-run-all wireit webpack webpack-cli vite rollup esbuild tsc tsup',
    // Package managers.
    'npm npx pnpm yarn corepack pip pipx uv poetry hatch pixi tox nox conda mamba bundle rake mise asdf direnv brew',
    // Test runners and file watchers.
    'jest vitest mocha ava tap cypress playwright playwright-core @playwright/test puppeteer karma pytest nodemon',
    'watchexec watchman entr pre-commit husky lint-staged chromedriver geckodriver selenium-server',
    // CI runners.
    'Runner.Listener Runner.Worker gitlab-runner buildkite-agent circleci-agent drone-runner-exec woodpecker-agent',
    'forgejo-runner act_runner teamcity-agent jenkins jenkins-agent agent.jar',
    // Process, machine and container managers.
    'pm2 supervisord runsvdir runsv s6-supervise circusd monit foreman hivemind overmind honcho systemd-run',
    'ansible ansible-playbook ansible-connection salt-minion salt-call puppet chef-client terraform packer vagrant',
    'docker dockerd docker-compose containerd podman conmon buildkitd com.docker.backend multipass qemu-system-x86_64',
    // Editors, terminals and their helpers.
    'code code-insiders codium emacs emacs-gtk emacs-nox emacs-pgtk vim nvim nano helix kak idea pycharm goland webstorm clion rider eclipse',
    'code-server openvscode-server server-main',
    'tsserver typescript-language-server gopls rust-analyzer clangd pylsp pyright pyright-langserver jdtls',
    'tmux screen zellij abduco dtach mosh-server gnome-terminal-server konsole kitty alacritty wezterm-gui xterm',
    'jupyter jupyterhub-singleuser ipykernel_launcher ipython marimo',
    'msbuild dotnet vstest.console devenv windowsterminal openconsole',
    'git git-remote-https ssh scp rsync postman Postman chrome chromium firefox firefox-esr electron',
  ].flatMap((line) => line.split(' ')),
)

/** Interactive shells are never agents, whatever they export. */
const SHELLS = new Set([
  'sh',
  'bash',
  'dash',
  'zsh',
  'fish',
  'ksh',
  'mksh',
  'tcsh',
  'csh',
  'nu',
  'elvish',
  'xonsh',
  'pwsh',
  'powershell',
  'cmd',
  'busybox',
])

/** Session managers. Matched by path too, in folders that only root may write. */
const SESSION_KEEPERS = new Set([
  ...[
    'systemd',
    'launchd',
    'xpcproxy',
    'loginwindow',
    'init',
    'systemd-executor',
    'sshd',
    'sshd-session',
    'cron',
    'crond',
    'anacron',
    'atd',
    'login',
    'agetty',
  ],
  ...['su', 'runuser', 'sudo', 'doas', 'setsid', 'setpriv', 'unshare', 'nsenter', 'ip', 'script', 'xinetd', 'inetd'],
  ...['dbus-daemon', 'dbus-broker-launch', 'gdm', 'gdm-session-worker', 'sddm', 'lightdm', 'gnome-session-binary'],
  ...['gnome-shell', 'plasmashell', 'kwin_wayland', 'xdg-desktop-portal', 'containerd-shim', 'containerd-shim-runc-v2'],
  ...[
    'dumb-init',
    'tini',
    'catatonit',
    'runc',
    'crun',
    'systemd-nspawn',
    'lxc-start',
    'bwrap',
    'flatpak',
    'snap',
    'at',
  ],
])
/** Of Windows, in lower case. */
const WINDOWS_KEEPERS = new Set(
  `system smss csrss wininit winlogon services lsass svchost explorer userinit sihost taskhostw taskeng conhost openconsole
windowsterminal wsl wslhost wslservice runtimebroker dllhost sshd sshd-session`.split(/\s+/),
)
const WINDOWS_SYSTEM_FOLDER = /^C:\/(WINDOWS|PROGRAM FILES( \(X86\))?)\//
const SYSTEM_FOLDER = /^\/(usr\/)?(s?bin|lib|lib64|libexec|lib\/systemd|lib\/openssh|libexec\/[^/]+)\/[^/]+$/

/** True for shells and session managers, which are never judged. */
export function keepsSessions({ executable }: ProcessRecord): boolean {
  if (executable === undefined) return true
  const name = baseName(executable)
  if (isSpeltByWindows(executable)) {
    const isKeeper = SHELLS.has(name) || WINDOWS_KEEPERS.has(name)
    return isKeeper && WINDOWS_SYSTEM_FOLDER.test(portableText(executable).toUpperCase())
  }
  return (SHELLS.has(name) || SESSION_KEEPERS.has(name)) && SYSTEM_FOLDER.test(executable)
}

/** True if the name is that of a program that starts sessions on purpose. */
export function isRunner({ executable = '' }: ProcessRecord, program: ProgramName): boolean {
  const names = [program.name, baseName(program.path).replace(/\.[cm]?js$/, ''), baseName(executable)]
  return names.some(isRunnerName) || OF_JAVA.test(program.name) || JETBRAINS_RUNTIME.test(executable)
}

/** @param name of a program or a package. */
export function isRunnerName(name: string): boolean {
  return RUNNERS.has(name) || isVariantOf(name)
}

/** Java builds, editors and CI runners, by main class or archive; also true if the program is unknown. */
const OF_JAVA =
  /^java$|^(org\.(gradle|jetbrains|eclipse|netbeans|codehaus\.plexus|apache\.(maven|tools\.ant)|scalasbt)|com\.(intellij|jetbrains|google\.devtools\.build)|hudson|jenkins|jetbrains|xsbt|sbt|bloop)[.-]|^(jenkins|sbt-launch|remoting|A-server|maven-wrapper|gradle-wrapper|teamcity-agent)\.?[\w-]*(\.jar|\.war)?$/
const JETBRAINS_RUNTIME = /\/jbr\/bin\/java$/

/** Covers titles (`npm exec …`, `npm run …`), `ansible-playbook` run by Python, and scopes (`@nx/…`, `@vscode/…`). */
function isVariantOf(name: string): boolean {
  return /^(@(nx|vscode|jetbrains|playwright|vitest|jest|turbo)\/|turbo-|ansible|jupyter-|jetbrains-|docker-|nx-)/.test(
    name,
  )
}

/** Prefixes of variables that tools, terminals and system sessions set for their children. */
const PLAIN_PREFIX =
  /^(_|npm|NPM|PNPM|YARN|NODE|BUN|MAKE|TURBO|NX|LERNA|RUSH|WIREIT|VSCODE|ELECTRON|CHROME|JEST|VITEST|VITE|PLAYWRIGHT|PW|CYPRESS|MOCHA|PYTEST|TOX|NOX|POETRY|HATCH|CONDA|PIXI|VIRTUAL|PYTHON|UV|MISE|ASDF|DIRENV|CARGO|RUSTUP|RUST|GO|GRADLE|MAVEN|BAZEL|TEST|GIT|GITHUB|GITLAB|CI|RUNNER|BUILDKITE|CIRCLE|JENKINS|HUDSON|BUILD|TEAMCITY|DRONE|TRAVIS|SYSTEM|ANSIBLE|PM2|pm|SSH|XDG|TERM|ITERM|SHELL|TMUX|STY|KITTY|KONSOLE|WEZTERM|ALACRITTY|WARP|WINDOWID|GNOME|KDE|DESKTOP|DBUS|WAYLAND|DISPLAY|LOGNAME|USER|HOME|PATH|LANG|LC|EMACS|INSIDE|VIM|NVIM|IDEA|JETBRAINS|TOOLBOX|DOCKER|COMPOSE|KUBERNETES|INVOCATION|JOURNAL|NOTIFY|LISTEN|MAINPID|SUDO|PRE|HUSKY|LINT|DOTNET|MSBUILD|JAVA|JDK|PS|OLDPWD|PWD|SHLVL|COLUMNS|LINES|AWS|AZURE|GOOGLE|SNAP|FLATPAK|BASH|ZSH|FISH)(_|$)/

export function isPlainVariable(name: string): boolean {
  return PLAIN_PREFIX.test(name) || !/^[A-Z][A-Z0-9_]{2,63}$/.test(name)
}
