import { commandName } from './command-name.ts'
import { readShellLine } from './shell-line.ts'

/** How a program that runs another one is told which. */
interface Wrapper {
  /** One of these stands before its command: `mise exec`, `volta run`. */
  readonly verbs?: readonly string[]
  /** The value of these is the next word. */
  readonly value?: readonly string[]
  /** The value of these is a text that begins its command, taken apart at blanks. */
  readonly split?: RegExp
  /** The command begins behind `--`, and nowhere else. */
  readonly behindDashes?: true
  /** So many words before the command that are none of its options, or all that look so. */
  readonly words?: number | RegExp
  /** `NAME=VALUE` may stand before the command. */
  readonly sets?: true
  /** Other options than those with a `-`. */
  readonly options?: RegExp
  /** Known to shells alone. */
  readonly ofShells?: true
  /** One word with blanks is a line for a shell. */
  readonly takesLine?: true
}

const list = (text: string) => text.split(/\s+/)
const OF_SHIMS: Wrapper = { verbs: ['exec'] }
const OF_CONDA: Wrapper = { verbs: ['run'], value: list('-n --name -p --prefix --cwd') }
const OF_MISE: Wrapper = { verbs: ['exec', 'x'], behindDashes: true }
const OF_VAULTS: Wrapper = { verbs: list('run exec'), behindDashes: true }
const OF_TIMEOUT: Wrapper = { value: list('-k -s --kill-after --signal'), words: 1 }
const OF_NICE: Wrapper = { value: list('-n --adjustment') }
const OF_ENV: Wrapper = {
  value: list('-u --unset -C --chdir -a --argv0'),
  split: /^(?:-[i0v]*S|--split-string=?)/,
  sets: true,
}
const OF_SHELLS: Wrapper = { value: ['-a'], ofShells: true }

/**
 * Compared with what `--help` says of coreutils 9.7, util-linux 2.41, findutils 4.10 and systemd 257. The others could not be tried here:
 * sudo, doas, busybox, xvfb-run, wsl, and all that choose a version of another program or hand it secrets.
 */
const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  env: OF_ENV,
  genv: OF_ENV,
  'cross-env': { sets: true },
  nohup: {},
  setsid: {},
  nice: OF_NICE,
  gnice: OF_NICE,
  timeout: OF_TIMEOUT,
  gtimeout: OF_TIMEOUT,
  time: { value: list('-f -o --format --output') },
  stdbuf: { value: list('-i -o -e --input --output --error') },
  unbuffer: {},
  ionice: { value: list('-c -n --class --classdata') },
  chrt: { words: /^\d+$/, value: list('-T -P -D --sched-runtime --sched-period --sched-deadline') },
  taskset: { words: 1 },
  // It may be told none.
  setarch: { words: /^(?:linux(?:32|64)|x86_64|i[3-6]86|athlon|aarch64|arm\w*|ppc\w*|s390x?|riscv\w*|uname26)$/ },
  arch: { value: list('-arch -e -d') },
  caffeinate: { value: list('-t -w') },
  'xvfb-run': { value: list('-n -s -e -f -p -w --server-num --server-args --error-file --auth-file --wait') },
  'dbus-run-session': { value: list('--config-file --dbus-daemon') },
  'systemd-run': {
    value: list(
      '-p -u -E -M -H --machine --host --property --unit --setenv --slice --uid --gid --nice --working-directory --description',
    ),
  },
  xargs: {
    value: list('-a -d -E -I -L -n -P -s --arg-file --delimiter --max-args --max-procs --max-chars --max-lines'),
  },
  sudo: {
    value: list(
      '-u -g -h -p -C -r -t -T -U -D -R -a -c --user --group --host --prompt --close-from --role --type --command-timeout --other-user --chdir --chroot',
    ),
    sets: true,
  },
  doas: { value: list('-u -C') },
  busybox: {},
  toybox: {},
  'flatpak-spawn': {},
  corepack: {},
  wsl: {
    value: list('-d --distribution -u --user --cd --shell-type --distribution-id'),
    options: /^~$/,
    takesLine: true,
  },
  runuser: { value: list('-u -g -G -s -w --user --group --supp-group --shell --whitelist-environment') },
  exec: OF_SHELLS,
  command: OF_SHELLS,
  builtin: OF_SHELLS,
  noglob: OF_SHELLS,
  nocorrect: OF_SHELLS,
  // Of cmd.
  call: { ofShells: true },
  start: { options: /^\/\w+$/, ofShells: true },
  volta: { verbs: ['run'], value: list('--node --npm --pnpm --yarn') },
  mise: OF_MISE,
  rtx: OF_MISE,
  asdf: OF_SHIMS,
  nodenv: OF_SHIMS,
  pyenv: OF_SHIMS,
  rbenv: OF_SHIMS,
  direnv: { verbs: ['exec'], words: 1 },
  nvm: { verbs: ['exec'], words: /^(?:v?\d[\d.]*|lts\/.*|stable|default)$/ },
  fnm: { verbs: ['exec'], value: list('--using --fnm-dir --log-level --node-dist-mirror --arch') },
  conda: OF_CONDA,
  mamba: OF_CONDA,
  micromamba: OF_CONDA,
  op: OF_VAULTS,
  doppler: OF_VAULTS,
  infisical: OF_VAULTS,
  chamber: OF_VAULTS,
  'aws-vault': OF_VAULTS,
  dotenvx: OF_VAULTS,
  dotenv: { behindDashes: true },
}

/** Long options of all these that take no value, or have it behind `=`. */
const PLAIN = new Set(
  list(`ignore-environment null debug block-signal default-signal ignore-signal list-signal-handling ctty fork wait foreground
preserve-status verbose append portability quiet ignore batch deadline fifo idle other rr reset-on-fork all-tasks cpu-list
uname-2.6 addr-no-randomize auto-servernum user system scope pty pipe collect same-dir no-block remain-after-exit shell
no-run-if-empty exit open-tty interactive non-interactive preserve-env set-home login stdin askpass background bell host clear-env
watch-bus sandbox no-network latest-version exec using-file no-capture-output live-stream bundled-npm no-npm no-pnpm no-yarn
preserve-environment fast silent lts no-ask-password slice-inherit ignore-failure send-sighup show-limits no-pty whole-seconds`),
)

/** What a wrapper is told to run. */
export interface Wrapped {
  readonly words: readonly string[]
  /** `NAME=VALUE` before it. */
  readonly sets: readonly string[]
  /** Of an option that nobody knows the next word may be the value. */
  readonly sure: boolean
}

/**
 * @param inShell where the words stand in a line of a shell.
 * @returns undefined for what is none, and one that is told to run nothing.
 */
export function behindWrapper([program = '', ...args]: readonly string[], inShell: boolean): Wrapped | undefined {
  const name = commandName(program)
  const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined
  if (wrapper === undefined || (wrapper.ofShells === true && (!inShell || program !== name))) return undefined
  const { verbs, takesLine } = wrapper
  const at = verbs === undefined ? 0 : args.findIndex((arg) => !arg.startsWith('-'))
  if (verbs !== undefined && !verbs.includes(args[at] ?? '')) return undefined
  const wrapped = commandBehind(wrapper, verbs === undefined ? args : args.slice(at + 1), [])
  const isLine = takesLine === true && wrapped?.words.length === 1 && /\s/.test(wrapped.words[0] ?? '')
  return isLine ? { ...wrapped, words: ['sh', '-c', ...wrapped.words] } : wrapped
}

function commandBehind(wrapper: Wrapper, args: readonly string[], before: readonly string[]): Wrapped | undefined {
  const { value = [], split, words = 0, options } = wrapper
  const sets = [...before]
  let sure = true
  if (wrapper.behindDashes === true) {
    const dashes = args.indexOf('--')
    return dashes === -1 ? undefined : { words: args.slice(dashes + 1), sets, sure }
  }
  let left = words
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    const [option] = split?.exec(arg) ?? []
    if (option !== undefined) {
      const attached = arg.slice(option.length)
      const [text, rest] = attached === '' ? [args[at + 1] ?? '', args.slice(at + 2)] : [attached, args.slice(at + 1)]
      // Within it there may be more options and variables.
      return commandBehind(wrapper, [...readShellLine(text, 'client').commands.flat(), ...rest], sets)
    }
    if (value.includes(arg)) at++
    else if (wrapper.sets === true && /^[^-=/][^=/]*=/.test(arg)) sets.push(arg)
    else if (arg.startsWith('-')) sure &&= !/^--[^=]+$/.test(arg) || PLAIN.has(arg.slice(2))
    else if (options?.test(arg) === true) continue
    else if (left instanceof RegExp ? left.test(arg) : left-- > 0) continue
    else return { words: args.slice(at), sets, sure }
  }
  return undefined
}
