import type { ResidentEntry } from '../catalogue/resident-facts.ts'
import { canonicalArguments, isReadByYargs, takesValue } from './canonical-arguments.ts'

type Flag = NonNullable<ResidentEntry['flags']>[number]

/** More arguments than this are not looked at. */
const MAX_ARGUMENTS = 512
const MAX_FLAGS = 32

/**
 * The flags of `entry` that are in `args`, as the catalogue spells them. Nothing else of a command line ever gets out:
 * a value only where the catalogue lists that very value, and a word without a dash only as the first word.
 */
export function recognisedFlags(entry: ResidentEntry, args: readonly string[]): string[] {
  const end = args.indexOf('--')
  const looked = canonicalArguments(entry, args.slice(0, Math.min(end === -1 ? args.length : end, MAX_ARGUMENTS)))
  const word = firstWord(entry, looked)
  const found = (entry.flags ?? []).flatMap((fact) => {
    if (!fact.flag.startsWith('-')) return word === fact.flag ? [fact.flag] : []
    if (!takesValue(fact)) return isOn(entry, looked, fact.flag) ? [fact.flag] : []
    const said = new Set(valuesOf(looked, fact.flag).map((text) => valueIn(text, fact.setting)))
    if (fact.meaning === 'by-value') return hasOther(entry, fact, said) ? spellings(fact) : []
    return (fact.values ?? []).filter((value) => said.has(value)).map((value) => spelling(fact, value))
  })
  return [...new Set(found)].slice(0, MAX_FLAGS)
}

/** All that a flag can be told as: `--yolo`, `--mode=auto`, `-c approval_policy=never`, and `-c profile`, whatever that is. */
export function spellings(fact: Flag): readonly string[] {
  const name = fact.setting === undefined ? fact.flag : `${fact.flag} ${fact.setting}`
  return fact.values?.map((value) => spelling(fact, value)) ?? [name]
}

function spelling({ flag, setting }: Flag, value: string): string {
  return setting === undefined ? `${flag}=${value}` : `${flag} ${setting}=${value}`
}

/** A switch that is said to be anything but true is off, as parsers of command lines have it; in the next word yargs has it alone. */
function isOn(entry: ResidentEntry, args: readonly string[], flag: string): boolean {
  const isOff = (next: string | undefined) => next === 'false' && isReadByYargs(entry)
  return args.some((part, at) => (part === flag ? !isOff(args[at + 1]) : part === `${flag}=true`))
}

/** One that no other fact of the same flag speaks of. */
function hasOther({ flags = [] }: ResidentEntry, fact: Flag, said: ReadonlySet<string | undefined>): boolean {
  const isSame = ({ flag, setting }: Flag) => flag === fact.flag && setting === fact.setting
  const listed = new Set(flags.filter(isSame).flatMap(({ values = [] }) => values))
  return [...said].some((value) => value !== undefined && !listed.has(value))
}

/** What follows a flag, in the same word or in the next. */
function valuesOf(args: readonly string[], flag: string): string[] {
  const isShort = /^-[^-]$/.test(flag)
  return args.flatMap((part, at) => {
    if (part === flag) return args[at + 1] ?? []
    if (part.startsWith(`${flag}=`)) return part.slice(flag.length + 1)
    return isShort && part.startsWith(flag) ? part.slice(flag.length) : []
  })
}

/** @param setting that the text sets (`setting="value"`, as in TOML, quoted or not); the text is the value when undefined. */
function valueIn(text: string, setting: string | undefined): string | undefined {
  if (setting === undefined) return text
  const [, name, , value] = /^\s*([\w.-]{1,64})\s*=\s*(["']?)([\w-]{1,64})\2\s*$/.exec(text) ?? []
  return name === setting ? value : undefined
}

/**
 * The first word that is no flag and no flag's value. Behind a flag that the catalogue does not know, a word may be either:
 * it counts if it is one of the catalogue's, and if it is not the next may.
 */
function firstWord({ flags = [], folderFlags = [] }: ResidentEntry, args: readonly string[]): string | undefined {
  const words = new Set(flags.flatMap(({ flag }) => (flag.startsWith('-') ? [] : [flag])))
  const switches = new Set(flags.flatMap((fact) => (takesValue(fact) ? [] : [fact.flag])))
  const withValue = new Set([...flags.filter(takesValue), ...folderFlags].map(({ flag }) => flag))
  for (let at = 0; at < args.length; at++) {
    const part = args[at] ?? ''
    if (withValue.has(part)) at++
    else if (!part.startsWith('-')) {
      const before = args[at - 1] ?? ''
      const mayBeValue = before.startsWith('-') && !before.includes('=') && !switches.has(before)
      if (words.has(part) || !mayBeValue) return part
    }
  }
  return undefined
}
