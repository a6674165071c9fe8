const MOST = 3
/** Of 1. Below it words have nothing in common that a person would see. */
const LEAST = 0.35
const MAX_TYPED = 64

/** Words that look like what was typed, the most similar first. */
export function similarWords(typed: string, words: readonly string[]): readonly string[] {
  const wanted = typed.slice(0, MAX_TYPED).toLowerCase()
  return words
    .map((word) => ({ word, score: similarity(wanted, word.toLowerCase()) }))
    .filter(({ score }) => score >= LEAST)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MOST)
    .map(({ word }) => word)
}

/** Dice's coefficient of their pairs of letters. A word that contains the typed one counts for more than any other. */
function similarity(typed: string, word: string): number {
  const [typedPairs, wordPairs] = [pairsOf(typed), pairsOf(word)]
  const all = typedPairs.size + wordPairs.size
  const dice = all === 0 ? 0 : (2 * typedPairs.intersection(wordPairs).size) / all
  return typed.length > 1 && word.includes(typed) ? 1 + dice : dice
}

function pairsOf(text: string): ReadonlySet<string> {
  return new Set(Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2)))
}
