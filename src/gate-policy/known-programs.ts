/** What programs do with what a command gives them. A program that is in no table may write all files that it is given. */

/** They start what follows their options. */
const STARTERS =
  setOf(`sudo doas su env nohup nice ionice timeout stdbuf setsid xargs parallel exec command builtin eval watch
  chroot unshare nsenter systemd-run systemd-inhibit busybox toybox script time strace ltrace flock runuser pkexec setpriv
  proot fakeroot firejail bwrap`)
/** Options of starters that have a value. */
const WITH_VALUE = /^-(?:[CDEgIJkLnPpRsTu]|-user|-group|-signal|-adjustment|-chdir|-replace)$/
/** They start the program once for each line, or few lines, of their input. */
const FED = setOf('xargs parallel')

/** They change no file. */
const READERS =
  setOf(`cat tac head tail less more most bat grep egrep fgrep zgrep rg ag ack ls dir tree stat file wc diff cmp comm
  md5sum sha1sum sha256sum sha512sum cksum b2sum test [ [[ cd pushd popd readlink realpath dirname basename echo printf pwd jq yq
  du df cut tr nl od xxd hexdump strings base64 base32 column fold paste rev uniq true false : which type whereis man id whoami
  ssh-add export set unset umask read return exit wait sleep date uname hostname ps pgrep lsof systemctl journalctl
  surety surety-directory sort sed find curl awk gawk mawk md5 shasum`)
/** With these, a reader changes files. */
const WRITES_WITH: Readonly<Record<string, RegExp>> = {
  sort: /^(?:-[a-z]*o|--output)/,
  sed: /^(?:-[a-zA-Z]*i|--in-place)/,
  find: /^-(?:delete|exec|execdir|ok|okdir|fprintf?|fprint0|fls)$/,
  curl: /^(?:-[a-zA-Z]*[oOc]|--output|--remote-name|--cookie-jar|--output-dir)/,
  awk: /^(?:-i|--include)|[>|]/,
  gawk: /^(?:-i|--include)|[>|]/,
  mawk: />/,
}
/** Of these only the last path, unless an option names another one. */
const COPIERS = setOf('cp install scp rsync')
/** They change what the last path has as well. */
const TO_FOLDER = /^(?:-[a-zA-Z]*t|--target-directory)/

/** They take texts for texts. Some do so with certain first words. */
const TEXT_TAKERS: ReadonlyMap<string, ReadonlySet<string> | undefined> = new Map([
  ...['echo', 'printf', 'cat', 'tee', 'grep', 'egrep', 'fgrep', 'rg', 'ag', 'jq', ':'].map(
    (name) => [name, undefined] as const,
  ),
  ['git', setOf('commit tag log grep stash show notes')],
  ['gh', setOf('pr issue release')],
  ['glab', setOf('mr issue release')],
])

/** What a program deletes with all that is below it. */
export interface Clearing {
  /** As its arguments have them. */
  readonly paths: readonly string[]
  /** False: only where a pattern means all that is in a folder. */
  readonly isWhole: boolean
  /** It deletes what other programs find too. */
  readonly takesInput: boolean
}

const NOTHING: Clearing = { paths: [], isWhole: false, takesInput: false }
const RECURSIVE = /^(?:-[a-zA-Z]*[rR]|--r)/
const DELETES = /(?:^|[\s/;])(?:rm|unlink|shred)(?:\s|$)/
/** Tests of `find` that leave files out. */
const TESTS = /^-(?:i?name|i?path|i?wholename|i?regex|[acm]?(?:time|min)|a?newer\w*|size|empty|perm|inum|samefile)$/
const ALL_NAMES = /^[.*?]+$/
const STARTS_OTHERS = /^-(?:exec|ok)(?:dir)?$/
/** They write to a disk that they are given. Programs that only look after disks are not among them. */
const DISK_WRITERS = setOf('dd cp tee shred mv install pv')
const DESTRUCTIVE = setOf('rm mv rsync find')

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/))
}

/** @param name without its folder, in small letters; so in all of this file. */
export function isStarter(name: string): boolean {
  return STARTERS.has(name)
}

/** Of a starter: the next word is its value. */
export function hasValue(option: string): boolean {
  return WITH_VALUE.test(option)
}

export function isFed(name: string): boolean {
  return FED.has(name)
}

/** What of its paths a program may change. */
export function writingOf(name: string, args: readonly string[]): 'none' | 'last' | 'all' {
  if (COPIERS.has(name)) return args.some((arg) => TO_FOLDER.test(arg)) ? 'all' : 'last'
  if (!READERS.has(name)) return 'all'
  const option = Object.hasOwn(WRITES_WITH, name) ? WRITES_WITH[name] : undefined
  return option !== undefined && args.some((arg) => option.test(arg)) ? 'all' : 'none'
}

/** Whether texts among its arguments, and its input, are no commands to it. */
export function takesTexts(name: string, args: readonly string[]): boolean {
  if (!TEXT_TAKERS.has(name)) return false
  const first = TEXT_TAKERS.get(name)
  return first === undefined || first.has(args[0] ?? '')
}

/** Whether it runs nothing of its input. */
export function isQuiet(name: string, args: readonly string[]): boolean {
  return READERS.has(name) || takesTexts(name, args)
}

/** Whether it is one of those that `clearingOf` and `diskPathsOf` know. */
export function isDestructive(name: string): boolean {
  return DESTRUCTIVE.has(name) || DISK_WRITERS.has(name)
}

export function clearingOf(name: string, args: readonly string[]): Clearing {
  const named = args.filter((arg) => !arg.startsWith('-'))
  const copied = args.some((arg) => TO_FOLDER.test(arg)) ? named : named.slice(0, -1)
  switch (name) {
    case 'rm':
      return { paths: named, isWhole: args.some((arg) => RECURSIVE.test(arg)), takesInput: true }
    case 'mv':
      return { paths: copied, isWhole: true, takesInput: false }
    case 'rsync':
      return {
        paths: args.some((arg) => arg.startsWith('--del')) ? named.slice(-1) : [],
        isWhole: true,
        takesInput: false,
      }
    case 'find':
      return { paths: isDeleting(args) && !findsSome(args) ? findPaths(args) : [], isWhole: true, takesInput: false }
    default:
      return NOTHING
  }
}

/** Of what it writes to, what may be a disk. */
export function diskPathsOf(name: string, args: readonly string[]): readonly string[] {
  if (name === 'dd') return args.flatMap((arg) => (arg.startsWith('of=') ? arg.slice('of='.length) : []))
  if (!DISK_WRITERS.has(name)) return []
  return writingOf(name, args) === 'last' ? args.slice(-1) : args
}

/** Where `find` begins: its arguments up to the first test. */
function findPaths(args: readonly string[]): readonly string[] {
  const paths: string[] = []
  for (const arg of args) {
    if (/^(?:-[HLP]$|-[DO])/.test(arg)) continue
    if (/^[-!(]/.test(arg)) break
    paths.push(arg)
  }
  return paths
}

/** What `find` gives to the program that reads its output: patterns for all of it, or a file somewhere in it. */
export function foundBy(args: readonly string[]): readonly string[] {
  return findPaths(args).map((path) => `${path}/${findsSome(args) ? 'some/file' : '*'}`)
}

/** Programs that `find` starts. */
export function executedBy(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, at) => (STARTS_OTHERS.test(arg) ? (args[at + 1] ?? '') : []))
}

function isDeleting(args: readonly string[]): boolean {
  return args.includes('-delete') || (executedBy(args).length > 0 && args.some((arg) => DELETES.test(arg)))
}

/** A test that leaves files out. Those with `!` and `-o` may leave out only a few. */
function findsSome(args: readonly string[]): boolean {
  if (args.some((arg) => /^(?:!|-not|-o|-or|,)$/.test(arg))) return false
  return args.some((arg, at) => TESTS.test(arg) && !ALL_NAMES.test(args[at + 1] ?? ''))
}
