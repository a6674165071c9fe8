import type { CatalogueEntry } from './catalogue/catalogue.ts'

/** More arguments than this are not looked at. */
const MAX_ARGUMENTS = 512
const MAX_FLAGS = 32

/**
 * The flags of `entry` that stand in `args`, as the catalogue spells them. Nothing else of a command line ever gets out:
 * a value only where the catalogue lists that very value, and a word without a dash only as the first word.
 */
export function recognisedFlags(entry: CatalogueEntry, args: readonly string[]): string[] {
  const end = args.indexOf('--')
  const looked = args.slice(0, Math.min(end === -1 ? args.length : end, MAX_ARGUMENTS))
  const firstWord = looked.find((part) => !part.startsWith('-'))
  const found = new Set<string>()
  for (const { flag, values } of entry.flags ?? []) {
    if (!flag.startsWith('-')) {
      if (firstWord === flag) found.add(flag)
      continue
    }
    if (values === undefined) {
      if (looked.some((part) => part === flag)) found.add(flag)
      continue
    }
    for (const value of values) {
      const stands = looked.some(
        (part, at) => part === `${flag}=${value}` || (part === flag && looked[at + 1] === value),
      )
      if (stands) found.add(`${flag}=${value}`)
    }
  }
  return [...found].slice(0, MAX_FLAGS)
}
