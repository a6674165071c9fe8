import type { PackageSpec } from './package-spec.ts'

/** The scripts that package managers are: npx of npm is the file npx-cli.js. */
const CLI_SCRIPT = /^(npx|npm|pnpm|pnpx|yarn|bunx)(?:-cli)?\.c?js$/

/** The name of a program's file in small letters: `npx` for `/usr/bin/npx`, `C:\\x\\Npx.CMD` and `npx-cli.js`. */
export function commandName(program: string): string {
  const name = (program.split(/[/\\]/).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat|ps1)$/, '')
  return CLI_SCRIPT.exec(name)?.[1] ?? name
}

/** One way to have a package fetched and run: `npx`, `uv tool run`, `docker run`. */
export interface Launcher {
  readonly ecosystem: PackageSpec['ecosystem']
  /** Words between the program and its own flags: `npm exec`, `uv tool run`. */
  readonly verbs: readonly string[]
  /** Is its first own word the package? `uv run` runs what is there and fetches what its flags name. */
  readonly takesPackage: boolean
  readonly flags: LauncherFlags
  /** It takes another word for the package: `npm create x` fetches `create-x`. */
  readonly nameOf?: (text: string) => string
  /** It takes its own flags behind the package as well, up to `--`. */
  readonly flagsAnywhere?: true
}

/** All may be followed by `=` and their value. */
interface LauncherFlags {
  /** Their value is the package. */
  readonly package: readonly string[]
  /** Their value is fetched besides: packages, with commas between them. */
  readonly besides: readonly string[]
  /** Their value is a file that names packages. */
  readonly lists: readonly string[]
  /** With these nothing is fetched: what is installed runs. */
  readonly installed: readonly string[]
  /** Their value is where packages are fetched from, instead of or beside the usual registry. */
  readonly from: RegExp
  /** Their value is a file, or more options, that may say so. */
  readonly settings: readonly string[]
  /** Their value is a text for a shell. */
  readonly text: readonly string[]
  /** They take another value. */
  readonly value: readonly string[]
  /** They take none, all that match. */
  readonly plain: RegExp
}

const words = (text: string) => text.trim().split(/\s+/)

/** Of npx and `npm exec`: npm-exec(1) and config(7) of npm 11, and what npx had before npm 7. */
const OF_NPM: LauncherFlags = {
  package: ['-p', '--package'],
  besides: [],
  lists: [],
  installed: ['--no', '--no-install'],
  // It may be cut short, and of one scope alone.
  from: /^--(?:@[^:=]+:)?reg/,
  settings: ['--userconfig', '--globalconfig'],
  text: ['-c', '--call'],
  value: words(`
    -w --workspace --registry --cache --prefix -C --loglevel --node-options
    --script-shell --shell --tag --before --omit --include --proxy --https-proxy --noproxy --cafile --ca --otp
    --fetch-retries --fetch-retry-factor --fetch-retry-mintimeout --fetch-retry-maxtimeout --fetch-timeout --maxsockets
    --install-strategy --cpu --os --libc --logs-dir --logs-max --min-release-age --user-agent -n --node-arg --npm`),
  plain:
    /^(?:-[yqsdvfg]+|-ws|-dd|-ddd|--no-[a-z-]+|--(?:yes|quiet|silent|verbose|force|global|offline|prefer-online|prefer-offline|prefer-dedupe|ignore-existing|ignore-scripts|always-spawn|workspaces|include-workspace-root|legacy-peer-deps|strict-peer-deps|strict-ssl|foreground-scripts|audit|fund|progress|color|timing|update-notifier))$/,
}
/** bunx of Bun 1.3. */
const OF_BUN: LauncherFlags = {
  ...OF_NPM,
  settings: ['--config', '-c'],
  text: [],
  value: ['--cwd'],
  plain: /^(?:--bun|--silent|--verbose|-b)$/,
}
/** pnpm-dlx, pnpm 10, and `yarn dlx` of Yarn 4. */
const OF_PNPM: LauncherFlags = {
  ...OF_NPM,
  installed: [],
  settings: ['--config'],
  text: [],
  value: words('-C --dir -F --filter --reporter --loglevel --registry --allow-build --store-dir --cpu --os --libc'),
  plain:
    /^(?:-[cqswr]|--no-[a-z-]+|--(?:shell-mode|silent|quiet|offline|prefer-offline|color|workspace-root|recursive))$/,
}
/** `uv tool run --help` and `uv run --help` of uv 0.9; pipx-run of pipx 1.8. */
const OF_UV: LauncherFlags = {
  package: ['--from', '--spec'],
  besides: ['--with', '-w'],
  lists: ['--with-requirements'],
  installed: [],
  from: /^(?:-i|-f|--index-url|--extra-index-url|--default-index|--index|--find-links)$/,
  settings: ['--config-file', '--pip-args'],
  text: [],
  value: words(`
    -p --python --with-editable -i --index-url --extra-index-url --default-index --index -f --find-links --directory --project
    --cache-dir --color --python-preference --python-platform --prerelease --resolution --fork-strategy
    --index-strategy --keyring-provider --exclude-newer --exclude-newer-package --link-mode --upgrade-package -P --refresh-package
    --reinstall-package --allow-insecure-host --trusted-host -C --config-setting --config-settings-package -c --constraints
    --build-constraints -b --overrides --excludes --env-file --torch-backend --no-build-package --no-binary-package
    --no-build-isolation-package --no-sources-package --preview-features --extra --no-extra --group --no-group --only-group
    --package`),
  plain:
    /^(?:-[qvnUmsg]+|--no-(?!.*(?:package|extra|group)$)[a-z-]+|--(?:quiet|verbose|offline|isolated|refresh|reinstall|upgrade|native-tls|system-certs|managed-python|preview|force-reinstall|show-resolution|compile-bytecode|lfs|exact|locked|frozen|active|all-extras|dev|only-dev|all-groups|all-packages|module|script|gui-script|fetch-missing-python|path))$/,
}
/** `docker run --help` and `docker --help` of Docker 28; podman-run(1) has these as well. */
const OF_CONTAINERS: LauncherFlags = {
  package: [],
  besides: [],
  lists: [],
  installed: [],
  from: /^$/,
  settings: [],
  text: [],
  value: words(`
    -a --attach --add-host --annotation --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile
    --cpu-count --cpu-percent --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime -c --cpu-shares --cpus --cpuset-cpus
    --cpuset-mems --detach-keys --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps
    --device-write-iops --dns --dns-option --dns-search --domainname --entrypoint -e --env --env-file --expose --gpus --group-add
    --health-cmd --health-interval --health-retries --health-start-interval --health-start-period --health-timeout -h --hostname
    --io-maxbandwidth --io-maxiops --ip --ip6 --ipc --isolation --kernel-memory -l --label --label-file --link --link-local-ip
    --log-driver --log-opt --mac-address -m --memory --memory-reservation --memory-swap --memory-swappiness --mount --name --net
    --net-alias --network --network-alias --oom-score-adj --pid --pids-limit --platform -p --publish --pull --restart --runtime
    --secret --security-opt --shm-size --stop-signal --stop-timeout --storage-opt --sysctl --tmpfs --ulimit -u --user --userns --uts
    -v --volume --volume-driver --volumes-from -w --workdir
    --config --context -H --host --log-level --tlscacert --tlscert --tlskey`),
  plain:
    /^(?:-[itdPqD]+|-[aehlmpuvwc][^-].*|--(?:rm|init|interactive|tty|detach|privileged|read-only|publish-all|no-healthcheck|oom-kill-disable|quiet|sig-proxy|disable-content-trust|use-api-socket|debug|tls|tlsverify|replace))$/,
}

const launcher =
  (ecosystem: PackageSpec['ecosystem'], flags: LauncherFlags, takesPackage = true) =>
  (...verbs: string[]): Launcher => ({ ecosystem, verbs, takesPackage, flags })
const npm = launcher('npm', OF_NPM)
const bun = launcher('npm', OF_BUN)
const pnpm = launcher('npm', OF_PNPM)
/** npm-init(1); a path or a repository stays what it is. */
function createdBy(text: string): string {
  const [, scope, name, version = ''] = /^(@[^/@\s]+)(?:\/([^/@\s]+))?(@\S*)?$/.exec(text) ?? []
  if (scope !== undefined) return `${scope}/create${name === undefined ? '' : `-${name}`}${version}`
  return /^[\w~-][\w.~-]*(?:@[^\s/:]*)?$/.test(text) ? `create-${text}` : text
}
const creating = (each: Launcher): Launcher => ({ ...each, nameOf: createdBy })
const anywhere = (each: Launcher): Launcher => ({ ...each, flagsAnywhere: true })
const uv = launcher('pypi', OF_UV)
const uvRun = launcher('pypi', { ...OF_UV, package: [] }, false)
const container = launcher('docker', OF_CONTAINERS)

const LAUNCHERS: Readonly<Record<string, readonly Launcher[]>> = {
  npx: [npm()],
  bunx: [bun()],
  pnpx: [pnpm()],
  npm: [
    ...[npm('exec'), npm('x')].map(anywhere),
    ...['create', 'init', 'innit'].map((verb) => creating(anywhere(npm(verb)))),
  ],
  pnpm: [pnpm('dlx'), creating(pnpm('create'))],
  yarn: [pnpm('dlx'), creating(pnpm('create'))],
  bun: [bun('x'), creating(bun('create')), creating(bun('c'))],
  uvx: [uv()],
  // uvx becomes `uv tool uvx`.
  uv: [uv('tool', 'run'), uv('tool', 'uvx'), uvRun('run')],
  pipx: [uv('run')],
  docker: [container('run'), container('container', 'run')],
  podman: [container('run'), container('container', 'run')],
  nerdctl: [container('run'), container('container', 'run')],
  finch: [container('run'), container('container', 'run')],
}

export interface LauncherCall {
  readonly launcher: Launcher
  /** Its flags, those before its verbs first, and what follows them. */
  readonly args: readonly string[]
}

/** @param program the base name of what is started, without `.exe` or `.cmd`. */
export function launcherCall(program: string, args: readonly string[]): LauncherCall | undefined {
  for (const each of Object.hasOwn(LAUNCHERS, program) ? (LAUNCHERS[program] ?? []) : []) {
    const at = verbsAt(each, args)
    if (at !== undefined) {
      return { launcher: each, args: [...args.slice(0, at), ...args.slice(at + each.verbs.length)] }
    }
  }
  return undefined
}

/** Before the verbs there are flags and their values, and nothing else. */
function verbsAt({ verbs, flags }: Launcher, args: readonly string[]): number | undefined {
  let mayBeValue = false
  for (const [at, arg] of args.entries()) {
    if (verbs.every((verb, index) => args[at + index] === verb)) return at
    const isFlag = arg.startsWith('-')
    if (!isFlag && !mayBeValue) return undefined
    mayBeValue = isFlag && !arg.includes('=') && !flags.plain.test(arg)
  }
  return verbs.length === 0 ? 0 : undefined
}
