import type { CatalogueEntry } from './catalogue/catalogue.ts'

/** Longer names are no flag's. */
const MAX_NAME = 64

/**
 * Arguments of a command line, with the flags of `entry` as the catalogue spells them: what its parser takes for the same is
 * told as the same. Nothing else is changed, but that letters behind one dash are set apart.
 */
export function canonicalArguments(entry: CatalogueEntry, args: readonly string[]): readonly string[] {
  if (isReadByYargs(entry)) {
    const flags = [...(entry.flags ?? []), ...(entry.folderFlags ?? [])].map(({ flag }) => flag)
    const spelled = new Map(flags.filter((flag) => flag.startsWith('-')).map((flag) => [camelCase(flag), flag]))
    return args.flatMap((arg) => yargsWords(arg).map((word) => spelledAs(spelled, word)))
  }
  const switches = new Set((entry.flags ?? []).filter((fact) => !takesValue(fact)).map(({ flag }) => flag))
  return args.flatMap((arg) => (/^-[A-Za-z]{2,16}$/.test(arg) ? setApart(switches, arg) : [arg]))
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

export function isReadByYargs({ argumentParser }: CatalogueEntry): boolean {
  return argumentParser?.is === 'yargs'
}

/** Is what follows it its value, as far as the catalogue says? */
export function takesValue({ values, meaning }: NonNullable<CatalogueEntry['flags']>[number]): boolean {
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

/** `--approvalMode` and `--approval-mode` are one to it, as are `--y` and `-y`. */
function spelledAs(spelled: ReadonlyMap<string, string>, word: string): string {
  if (!word.startsWith('--')) return word
  const equals = word.indexOf('=')
  const name = equals === -1 ? word : word.slice(0, equals)
  const flag = name.length > MAX_NAME ? undefined : spelled.get(camelCase(name))
  return flag === undefined ? word : flag + word.slice(name.length)
}

function camelCase(flag: string): string {
  return flag.replace(/^--?/, '').replace(/-([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
