import type { ResidentEntry } from '../catalogue/resident-facts.ts'

/** Longer names are no flag's. */
const MAX_NAME = 64

/**
 * Arguments of a command line, with the flags of `entry` as the catalogue spells them: what its parser takes for the same is
 * told as the same. Nothing else is changed, but that letters behind one dash are set apart.
 */
export function canonicalArguments(entry: ResidentEntry, args: readonly string[]): readonly string[] {
  const flags = [...(entry.flags ?? []), ...(entry.folderFlags ?? [])]
    .map(({ flag }) => flag)
    .filter((flag) => flag.startsWith('-'))
  if (isReadByYargs(entry)) {
    const spelled = new Map(flags.map((flag) => [camelCase(flag), flag]))
    return args.flatMap((arg) => yargsWords(arg).map((word) => spelledAs(word, (name) => spelled.get(camelCase(name)))))
  }
  const switches = new Set((entry.flags ?? []).filter((fact) => !takesValue(fact)).map(({ flag }) => flag))
  return args.flatMap((arg) => {
    if (/^-[A-Za-z]{2,16}$/.test(arg)) return setApart(switches, arg)
    if (entry.argumentParser?.is !== 'argparse') return [arg]
    return [spelledAs(arg, (name) => abbreviatedBy(flags, name))]
  })
}

/**
 * The first letter is a flag in any case; what follows is its value, or more flags: these where all are known to be switches.
 * The whole stays beside a first one, for it may be another flag's.
 */
function setApart(switches: ReadonlySet<string>, arg: string): readonly string[] {
  const letters = [...arg.slice(1)].map((letter) => `-${letter}`)
  if (letters.every((letter) => switches.has(letter))) return letters
  const [first = ''] = letters
  return switches.has(first) ? [first, arg] : [arg]
}

export function isReadByYargs({ argumentParser }: ResidentEntry): boolean {
  return argumentParser?.is === 'yargs'
}

/** Is what follows it its value, as far as the catalogue says? */
export function takesValue({ values, meaning }: NonNullable<ResidentEntry['flags']>[number]): boolean {
  return values !== undefined || meaning === 'by-value'
}

/** `-yp` is `-y -p`, whatever either takes; the value that the last one has behind `=`, or that is no letter, is its own. */
function yargsWords(arg: string): readonly string[] {
  const [, letters = ''] = /^-([A-Za-z]{2,})/.exec(arg) ?? []
  if (letters === '') return [arg]
  const rest = arg.slice(1 + letters.length)
  const value = rest === '' || rest.startsWith('=') ? rest : `=${rest}`
  return [...new Set(letters.slice(0, -1)), `${letters.slice(-1)}${value}`].map((word) => `-${word}`)
}

/** @param flagOf what a name with two dashes stands for. To yargs `--approvalMode` and `--approval-mode` are one, as are `--y` and `-y`. */
function spelledAs(word: string, flagOf: (name: string) => string | undefined): string {
  if (!word.startsWith('--')) return word
  const equals = word.indexOf('=')
  const name = equals === -1 ? word : word.slice(0, equals)
  const flag = name.length > MAX_NAME ? undefined : flagOf(name)
  return flag === undefined ? word : flag + word.slice(name.length)
}

/** As much of a name as is that of no other; the catalogue may know another only as what abbreviates it. */
function abbreviatedBy(flags: readonly string[], name: string): string | undefined {
  const [shortest, ...longer] = flags.filter((flag) => flag.startsWith(name)).sort((a, b) => a.length - b.length)
  const isOne = shortest !== undefined && longer.every((flag) => flag.startsWith(shortest))
  return isOne && name.length > '--'.length ? shortest : undefined
}

function camelCase(flag: string): string {
  return flag.replace(/^--?/, '').replace(/-([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
