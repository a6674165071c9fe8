import { commandName } from '../launch/launchers.ts'
import { behindWrapper } from '../launch/wrappers.ts'
import { isShell, shellInput } from '../shell/shell-input.ts'
import { OUTPUT, type ShellCommand, type ShellPipeline, shellPipelines } from '../shell/shell-text.ts'

/**
 * Whether a text for a shell runs whatever a download contains: `curl … | sh`, `bash <(wget -O- …)`, `eval "$(curl …)"`,
 * `iwr … | iex`, `curl -o x … && sh x`. A file that another text runs later is not found.
 */

const DOWNLOADERS = new Set(
  ['curl', 'wget', 'http', 'https', 'fetch'].concat(['iwr', 'irm', 'invoke-webrequest', 'invoke-restmethod']),
)
/** They run their arguments, or the file that they are given. */
const EVALUATORS = new Set(['eval', 'source', '.', 'iex', 'invoke-expression'])
/** They run their standard input if they are given no script. */
const INTERPRETERS = /^(?:python[\d.]*|node|deno|bun|perl|ruby|php)$/
const STANDARD_INPUT = new Set(['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'])
/** Before the program: words of the shell, and what it runs in its own process. */
const BEFORE_PROGRAM = new Set(
  ['if', 'then', 'elif', 'else', 'while', 'until', 'do', 'time', '!', '{'].concat(['exec', 'command', 'builtin']),
)
const SETS = /^\w+\+?=/
/** The next word is a text for a shell: `sh -lc`, `su -c`. */
const TAKES_TEXT = /^(?:-[a-zA-Z]*c|--command)$/
const MAX_WRAPPERS = 8
/** Texts within texts. */
const MAX_DEPTH = 4
/** Longer texts are read in part. UTF-16 code units. */
const MAX_LENGTH = 256 * 1024

/** Of a whole text, such as a hook's command or a script. */
export function runsDownload(text: string, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false
  const saved = new Set<string>()
  return shellPipelines(text.slice(0, MAX_LENGTH)).some((pipeline) => pipelineRuns(pipeline, { depth, saved }))
}

/** Of a program and its arguments. */
export function wordsRunDownload(words: readonly string[], depth = 0): boolean {
  return words.some((word, at) => TAKES_TEXT.test(word) && runsDownload(words[at + 1] ?? '', depth + 1))
}

interface Reading {
  readonly depth: number
  /** Files that downloads were saved to, so far. */
  readonly saved: Set<string>
}

interface Program {
  /** Its name. */
  readonly program: string
  /** As it is written. */
  readonly path: string
  readonly args: readonly string[]
}

function pipelineRuns(pipeline: ShellPipeline, reading: Reading): boolean {
  let isDownloaded = false
  return pipeline.some((command) => {
    const started = programIn(command.words)
    if (isDownloaded && runsStandardInput(started)) return true
    isDownloaded ||= downloads(command)
    if (command.inner.some((inner) => pipelineRuns(inner, reading))) return true
    if (runsOutput(started) && command.inner.some((inner) => inner.some(downloads))) return true
    if (runsFile(started, reading.saved)) return true
    if (isDownloaded) for (const file of filesOf(command, started)) reading.saved.add(plain(file))
    return runsDownload(textFor(started), reading.depth + 1) || wordsRunDownload(command.words, reading.depth)
  })
}

/** The text that the program runs, of those that take all their arguments for one. */
function textFor({ program, args }: Program): string {
  if (EVALUATORS.has(program)) return args.join(' ')
  return /^(?:powershell|pwsh)$/.test(program) ? args.filter((arg) => !/^-\w+$/.test(arg)).join(' ') : ''
}

/** Of curl and wget. `-O` of curl takes no file; the address behind it then counts as one, which no command runs. */
const SAVES_TO = /^(?:-[a-zA-Z]*[oO]|--output|--output-document|-OutFile)$/

/** Where a download is saved: the value of an option, a redirection, or the name at the end of the address. */
function filesOf({ outputs }: ShellCommand, { program, args }: Program): readonly string[] {
  if (!DOWNLOADERS.has(program)) return outputs
  const named = args.flatMap((arg, at) => (SAVES_TO.test(arg) ? (args[at + 1] ?? []) : []))
  const equal = args.flatMap((arg) => /^--output(?:-document)?=(.+)$/.exec(arg)?.[1] ?? [])
  const keepsName = program === 'wget' || args.some((arg) => /^(?:-[a-zA-Z]*O|--remote-name)$/.test(arg))
  const names = keepsName ? args.map((arg) => arg.slice(arg.lastIndexOf('/') + 1)) : []
  return [...outputs, ...named, ...equal, ...names].filter((file) => !['', '-'].includes(file))
}

function runsFile({ program, path, args }: Program, saved: ReadonlySet<string>): boolean {
  if (saved.size === 0) return false
  const takesFile = EVALUATORS.has(program) || isShell(program) || INTERPRETERS.test(program)
  const file = takesFile ? wordGivenTo(program, args) : path
  return file !== undefined && saved.has(plain(file))
}

function plain(file: string): string {
  return file.replace(/^(?:\.\/+)+/, '')
}

/** A command whose output is a download, or holds one. */
function downloads({ words, inner }: ShellCommand): boolean {
  return DOWNLOADERS.has(programIn(words).program) || inner.some((pipeline) => pipeline.some(downloads))
}

function programIn(words: readonly string[]): Program {
  let rest = words
  for (let wrappers = 0; wrappers < MAX_WRAPPERS; wrappers++) {
    const begin = rest.findIndex((word) => !BEFORE_PROGRAM.has(word) && !SETS.test(word))
    rest = begin === -1 ? [] : rest.slice(begin)
    const behind = behindWrapper(rest)
    if (behind === undefined) break
    rest = behind.words
  }
  const [path = '', ...args] = rest
  return { program: commandName(path), path, args }
}

function runsStandardInput({ program, args }: Program): boolean {
  if (/^(?:iex|invoke-expression)$/.test(program)) return true
  if (EVALUATORS.has(program)) return args.some((arg) => STANDARD_INPUT.has(arg))
  if (INTERPRETERS.test(program)) return args.length === 0 || args[0] === '-' || STANDARD_INPUT.has(args[0] ?? '')
  if (!isShell(program)) return false
  const input = shellInput(program, args)
  return input?.kind === 'standard-input' || (input?.kind === 'script' && STANDARD_INPUT.has(input.word))
}

/** Whether the program runs the output that a shell put into its arguments. */
function runsOutput({ program, args }: Program): boolean {
  if (EVALUATORS.has(program)) return args.some((arg) => arg.includes(OUTPUT))
  return (isShell(program) || INTERPRETERS.test(program)) && wordGivenTo(program, args)?.includes(OUTPUT) === true
}

/** A script, or the text of `-c`: interpreters take both as shells do. */
function wordGivenTo(program: string, args: readonly string[]): string | undefined {
  const input = shellInput(program, args)
  return input === undefined || input.kind === 'standard-input' ? undefined : input.word
}

/** What a skill or command has an agent run: fenced blocks for a shell, and commands that run before its text is read. */
const FENCE = /^ {0,3}(?:```|~~~)[ \t]*([\w+-]*)/
const SHELL_FENCE = /^(?:|sh|bash|zsh|fish|shell|console|shellsession|terminal|powershell|pwsh|ps1)$/i
const COMMAND_BEFORE_TEXT = /!`([^`\n]{1,4096})`/g

/** Of Markdown that an agent reads as a task. */
export function markdownRunsDownload(markdown: string): boolean {
  const text = markdown.slice(0, MAX_LENGTH)
  let block: string[] | undefined
  for (const line of text.split('\n')) {
    const [fence, language = ''] = FENCE.exec(line) ?? []
    if (fence === undefined) {
      block?.push(line.replace(/^\s*[$>] /, ''))
      continue
    }
    if (block !== undefined && runsDownload(block.join('\n'))) return true
    block = block === undefined && SHELL_FENCE.test(language) ? [] : undefined
  }
  if (block !== undefined && runsDownload(block.join('\n'))) return true
  return [...text.matchAll(COMMAND_BEFORE_TEXT)].some(([, command = '']) => runsDownload(command))
}

/** A script of a hook. Those for other programs than a shell are not read. */
export function scriptRunsDownload(path: string, script: string): boolean {
  const [firstLine = ''] = script.split('\n', 1)
  const name = path.slice(path.lastIndexOf('/') + 1)
  const isForShell = firstLine.startsWith('#!')
    ? firstLine.split(/[\s/]+/).some((word) => isShell(word))
    : /\.(?:sh|bash|zsh|fish|ps1)$/.test(name) || !name.includes('.')
  return isForShell && runsDownload(script)
}
