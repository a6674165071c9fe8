import { commandName } from './launchers.ts'

/** How a program that runs another one names it on its command line. */
interface Wrapper {
  /** One of these may come before the command: `mise exec`, `volta run`. */
  readonly verbs?: readonly string[]
  /** Options whose value is the next word. */
  readonly values?: readonly string[]
  /** The command begins behind `--`, and nowhere else. */
  readonly behindDashes?: true
  /** Words before the command that are no options. */
  readonly words?: number
  /** `NAME=VALUE` may be before the command. */
  readonly variables?: true
}

const list = (text: string) => text.split(/\s+/)
const VERSION_SHIM: Wrapper = { verbs: ['exec'] }
const CONDA: Wrapper = { verbs: ['run'], values: list('-n --name -p --prefix --cwd') }
const MISE: Wrapper = { verbs: ['exec', 'x'], behindDashes: true }
const SECRET_MANAGER: Wrapper = { verbs: list('run exec'), behindDashes: true }
const ENV: Wrapper = { values: list('-u --unset -C --chdir -a --argv0'), variables: true }
const SUDO_VALUES =
  '-u -g -h -p -C -r -t -T -U -D -R -a -c --user --group --host --prompt --close-from --role --type --command-timeout --other-user --chdir --chroot'
const SYSTEMD_RUN_VALUES =
  '-p -u -E -M -H --machine --host --property --unit --setenv --slice --uid --gid --nice --working-directory --description'

/**
 * Wrappers that people put before MCP servers. Options are those of `--help` of coreutils 9.7, util-linux 2.41 and systemd
 * 257; of sudo, xvfb-run, version managers and secret managers those of their manuals.
 */
const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  env: ENV,
  'cross-env': { variables: true },
  nohup: {},
  setsid: {},
  nice: { values: list('-n --adjustment') },
  timeout: { values: list('-k -s --kill-after --signal'), words: 1 },
  stdbuf: { values: list('-i -o -e --input --output --error') },
  'xvfb-run': { values: list('-n -s -e -f -p -w --server-num --server-args --error-file --auth-file --wait') },
  'dbus-run-session': { values: list('--config-file --dbus-daemon') },
  'systemd-run': { values: list(SYSTEMD_RUN_VALUES) },
  sudo: { values: list(SUDO_VALUES), variables: true },
  doas: { values: list('-u -C') },
  'flatpak-spawn': {},
  corepack: {},
  volta: { verbs: ['run'], values: list('--node --npm --pnpm --yarn') },
  fnm: { verbs: ['exec'], values: list('--using --fnm-dir --log-level --node-dist-mirror --arch') },
  direnv: { verbs: ['exec'], words: 1 },
  asdf: VERSION_SHIM,
  nodenv: VERSION_SHIM,
  pyenv: VERSION_SHIM,
  rbenv: VERSION_SHIM,
  mise: MISE,
  rtx: MISE,
  conda: CONDA,
  mamba: CONDA,
  micromamba: CONDA,
  op: SECRET_MANAGER,
  doppler: SECRET_MANAGER,
  infisical: SECRET_MANAGER,
  chamber: SECRET_MANAGER,
  'aws-vault': SECRET_MANAGER,
  dotenvx: SECRET_MANAGER,
  dotenv: { behindDashes: true },
}

/** Long options of these wrappers that take no value, or have it behind `=`. */
const WITHOUT_VALUE = new Set(
  list(`ignore-environment null debug block-signal default-signal ignore-signal list-signal-handling ctty fork wait foreground
preserve-status verbose auto-servernum user system scope pty pipe collect same-dir no-block remain-after-exit shell
non-interactive preserve-env set-home login stdin askpass background bell host clear-env watch-bus sandbox no-network
latest-version using-file no-capture-output live-stream bundled-npm no-npm no-pnpm no-yarn no-ask-password slice-inherit
ignore-failure send-sighup quiet`),
)

/** The command that a wrapper runs. */
export interface WrappedCommand {
  readonly words: readonly string[]
  /** `NAME=VALUE` before it. */
  readonly variables: readonly string[]
  /** False behind an option that is not known: the first word may be its value. */
  readonly isSure: boolean
}

/** @returns undefined for a program that is no wrapper, or is given no command. */
export function behindWrapper([program = '', ...args]: readonly string[]): WrappedCommand | undefined {
  const name = commandName(program)
  const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined
  if (wrapper === undefined) return undefined
  const { verbs, behindDashes } = wrapper
  const verbAt = verbs === undefined ? -1 : args.findIndex((arg) => !arg.startsWith('-'))
  if (verbs !== undefined && !verbs.includes(args[verbAt] ?? '')) return undefined
  const rest = args.slice(verbAt + 1)
  if (behindDashes !== true) return commandBehind(wrapper, rest)
  const dashes = rest.indexOf('--')
  return dashes === -1 ? undefined : { words: rest.slice(dashes + 1), variables: [], isSure: true }
}

function commandBehind(
  { values = [], words = 0, ...wrapper }: Wrapper,
  args: readonly string[],
): WrappedCommand | undefined {
  const variables: string[] = []
  let isSure = true
  let left = words
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (values.includes(arg)) at++
    else if (wrapper.variables === true && /^[^-=/][^=/]*=/.test(arg)) variables.push(arg)
    else if (arg.startsWith('-')) isSure &&= !/^--[^=]+$/.test(arg) || WITHOUT_VALUE.has(arg.slice(2))
    else if (left-- > 0) continue
    // A word with blanks is the text of an option, such as `env -S "npx server"`.
    else return { words: args.slice(at), variables, isSure: isSure && !/\s/.test(arg) }
  }
  return undefined
}
