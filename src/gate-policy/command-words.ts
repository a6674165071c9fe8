/** What a shell command names, for rules. It errs on the side of naming too much: a quoted word counts as one that runs. */
export interface CommandWords {
  /** Programs at the beginning of each part, without their folders: `rm`, `git`. Also those that another program starts: `sudo rm`. */
  readonly programs: readonly string[]
  /** All words without their quotes. Short options are also there one by one: `-rf` is `-rf`, `-r` and `-f`. */
  readonly words: readonly string[]
  /** All words, with one blank between them. */
  readonly text: string
}

/** They start what follows their options. */
const STARTERS = new Set([
  ...['sudo', 'doas', 'su', 'env', 'nohup', 'nice', 'ionice', 'timeout', 'stdbuf', 'setsid', 'xargs', 'exec'],
  ...['command', 'builtin', 'eval', 'watch', 'chroot', 'unshare', 'systemd-run', 'busybox', 'parallel', 'script'],
  ...['sh', 'bash', 'dash', 'zsh', 'ksh', 'fish'],
])
/** Words of the shell before a command. */
const RESERVED = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '!', '{', 'time', 'coproc'])
const SEPARATOR = /^(?:[;&|\n(){}`]|\$\()$/

/** Quotes inside of quotes. What is deeper counts as one word. */
const MOST_NESTING = 6

/** @param command as the client will give it to a shell. */
export function commandWords(command: string, nesting = 0): CommandWords {
  const parts: string[][] = [[]]
  const words: string[] = []
  const add = (word: string) => {
    words.push(word)
    parts.at(-1)?.push(word)
  }
  for (const token of tokensOf(command)) {
    if (SEPARATOR.test(token)) {
      parts.push([])
      continue
    }
    add(token)
    // A script inside of quotes, such as that of `bash -c`: its words count, and its programs too.
    if (nesting < MOST_NESTING && /[\s;|&$`]/.test(token)) {
      const inner = commandWords(token, nesting + 1)
      words.push(...inner.words)
      for (const program of inner.programs) parts.push([program])
      parts.push([])
    }
  }
  const programs = new Set(parts.flatMap(programsIn))
  return {
    programs: [...programs],
    words: [...new Set(words.flatMap(withShortOptions))],
    text: words.join(' '),
  }
}

/** The first word. After a starter, every word may be the program: `sudo -u root rm`. */
function programsIn(part: readonly string[]): readonly string[] {
  const found: string[] = []
  let started = false
  for (const word of part) {
    if (/^\w+=/.test(word) || (started && word.startsWith('-'))) continue
    if (found.length === 0 && RESERVED.has(word)) continue
    const name = /\s/.test(word) ? word : word.slice(word.lastIndexOf('/') + 1)
    if (name !== '') found.push(name)
    started ||= STARTERS.has(name)
    if (!started) break
  }
  return found
}

function withShortOptions(word: string): readonly string[] {
  const options = /^-([A-Za-z]{2,12})$/.exec(word)?.[1]
  return options === undefined ? [word] : [word, ...[...options].map((letter) => `-${letter}`)]
}

/** Words without quotes and backslashes, and separators. A quoted text is one word. */
function tokensOf(command: string): readonly string[] {
  const tokens: string[] = []
  let word: string | undefined
  const end = () => {
    if (word !== undefined) tokens.push(word)
    word = undefined
  }
  for (let at = 0; at < command.length; at++) {
    const character = command[at] ?? ''
    if (character === '\\') {
      // A backslash before the end of a line joins the lines.
      if (command[at + 1] !== '\n') word = `${word ?? ''}${command[at + 1] ?? ''}`
      at++
    } else if (character === "'" || character === '"') {
      const quoted = quotedFrom(command, at)
      word = `${word ?? ''}${quoted.text}`
      at = quoted.end
    } else if (character === '#' && word === undefined) {
      const line = command.indexOf('\n', at)
      if (line === -1) break
      at = line - 1
    } else if (character === '$' && command[at + 1] === '(') {
      end()
      tokens.push('$(')
      at++
    } else if (';&|\n(){}`'.includes(character)) {
      end()
      tokens.push(character)
    } else if ('<>'.includes(character)) {
      end()
    } else if (/\s/.test(character)) end()
    else word = `${word ?? ''}${character}`
  }
  end()
  return tokens
}

/** A quote without an end lasts to the end of the text. */
function quotedFrom(command: string, from: number): { readonly text: string; readonly end: number } {
  const quote = command[from]
  let text = ''
  for (let at = from + 1; at < command.length; at++) {
    const character = command[at] ?? ''
    if (character === quote) return { text, end: at }
    if (quote === '"' && character === '\\') {
      at++
      text += command[at] ?? ''
    } else text += character
  }
  return { text, end: command.length }
}
