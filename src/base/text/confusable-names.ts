/** Names that a person takes for one another, and names that mix scripts as only a forger does. */

/** Letters of other scripts that look like a Latin one, and digits that look like a letter. After `foldName`. */
const LOOKS_LIKE: Readonly<Record<string, string>> = {
  а: 'a',
  ɑ: 'a',
  α: 'a',
  Ь: 'b',
  ь: 'b',
  ϲ: 'c',
  с: 'c',
  ԁ: 'd',
  ɗ: 'd',
  е: 'e',
  ё: 'ë',
  ҽ: 'e',
  є: 'e',
  ɡ: 'g',
  ց: 'g',
  һ: 'h',
  հ: 'h',
  і: 'i',
  ı: 'i',
  ι: 'i',
  ӏ: 'l',
  ї: 'ï',
  ј: 'j',
  ϳ: 'j',
  κ: 'k',
  к: 'k',
  '1': 'l',
  '|': 'l',
  м: 'm',
  п: 'n',
  ո: 'n',
  η: 'n',
  о: 'o',
  ο: 'o',
  օ: 'o',
  '0': 'o',
  σ: 'o',
  ρ: 'p',
  р: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  τ: 't',
  υ: 'u',
  ս: 'u',
  ν: 'v',
  ѵ: 'v',
  ԝ: 'w',
  ω: 'w',
  х: 'x',
  χ: 'x',
  у: 'y',
  γ: 'y',
  ү: 'y',
  ᴢ: 'z',
}

/** What a folded name looks like. Two names with one skeleton look alike. */
export function skeletonOf(key: string): string {
  const letters = [...key].map((letter) => (Object.hasOwn(LOOKS_LIKE, letter) ? LOOKS_LIKE[letter] : letter))
  return letters.join('').replaceAll('rn', 'm').replaceAll('vv', 'w')
}

/** Scripts of which a name has one. Japanese, Korean and Chinese write with several, and have no letter like a Latin one. */
const SCRIPTS = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Hebrew', 'Arabic', 'Cherokee', 'Georgian'] as const
const SCRIPT_LETTERS = SCRIPTS.map((script) => [script, new RegExp(`\\p{Script=${script}}`, 'u')] as const)

/** The scripts that a name mixes. Fewer than two: none. */
export function mixedScripts(name: string): readonly string[] {
  const found = SCRIPT_LETTERS.filter(([, letter]) => letter.test(name)).map(([script]) => script)
  return found.length < 2 ? [] : found
}
