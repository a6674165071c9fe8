import { OUTPUT, type ShellCommand } from '../discovery/shell/shell-text.ts'
import { executedBy, hasValue, isDestructive, isFed, isStarter } from './known-programs.ts'

/** What one command starts. */
export interface Started {
  /** Empty: only groups. */
  readonly name: string
  /** Behind its name. */
  readonly args: readonly string[]
  /** Its input becomes its arguments. */
  readonly isFed: boolean
  /** With the starters before it, and all that may be a program as well. */
  readonly names: readonly string[]
  /** Programs behind a starter that may destroy something. */
  readonly others: readonly { readonly name: string; readonly args: readonly string[] }[]
}

/** Programs behind a starter that are looked at with their arguments. */
const MOST_STARTED = 4
/** Words of the shell before a command. */
const RESERVED = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '!', '{', 'time', 'coproc', 'function'])
const SETS = /^\w+\+?=/
const OF_STARTERS = /^(?:\d+[smhd]?|\{\}|--)$/

/** @param expanded the word with the values of variables that are known. */
export function startedBy({ words, inner }: ShellCommand, expanded: (word: string) => string): Started {
  /** Of a substitution, such as `$(which rm)`, the last word that it names. */
  const nameAt = (at: number) => {
    const word = words[at] ?? ''
    const last = word.includes(OUTPUT) ? inner.at(-1)?.at(-1)?.words.at(-1) : undefined
    return nameIn(last ?? expanded(word))
  }
  const begin = beginOf(words)
  const names: string[] = []
  let at = begin
  for (; at < words.length && isStarter(nameAt(at)); at++) {
    names.push(nameAt(at))
    while (isOfStarter(words[at + 1])) at += hasValue(words[at + 1] ?? '') ? 2 : 1
  }
  const isStarted = names.length > 0
  const name = at < words.length ? nameAt(at) : ''
  const args = words.slice(at + 1)
  const others = isStarted || name === 'find' ? othersIn(args) : []
  if (name !== '') names.push(name)
  if (isStarted) names.push(...words.slice(begin + 1).flatMap((word) => (/^[-]|\s/.test(word) ? [] : nameIn(word))))
  if (name === 'find') names.push(...executedBy(args).map(nameIn))
  if (name.startsWith('mkfs.')) names.push('mkfs')
  return { name, args, isFed: names.some(isFed), names, others }
}

/** Small letters: some systems find `RM` too. */
function nameIn(word: string): string {
  const name = word.slice(word.lastIndexOf('/') + 1).toLowerCase()
  return (name === '' ? word : name).replaceAll(OUTPUT, '')
}

/** Behind words of the shell and `NAME=VALUE`. A function's body begins in the line of its name. */
function beginOf(words: readonly string[]): number {
  const body = words.indexOf('{')
  const isBody = body > 0 && (words[0] === 'function' || words[body - 1]?.endsWith(OUTPUT) === true)
  const begin = words.findIndex((word, at) => at > (isBody ? body : -1) && !RESERVED.has(word) && !SETS.test(word))
  return begin === -1 ? words.length : begin
}

function isOfStarter(word = 'end'): boolean {
  return word.startsWith('-') || SETS.test(word) || OF_STARTERS.test(word)
}

/** The last ones are not looked at. */
function othersIn(args: readonly string[]): Started['others'] {
  const places = args.flatMap((word, at) => (isDestructive(nameIn(word)) ? at : []))
  return places.slice(0, MOST_STARTED).map((at) => ({ name: nameIn(args[at] ?? ''), args: args.slice(at + 1) }))
}
