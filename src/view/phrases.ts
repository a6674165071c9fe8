import type { Language } from './checks/check-catalogue.ts'
import { GERMAN_PHRASES } from './phrases-german.ts'

/** A text of ours in English. `{}` holds the place of a value. */
export type Phrase = keyof typeof GERMAN_PHRASES

/** Writes a phrase in one language, with its values in their order. */
export type Say = (phrase: Phrase, ...values: readonly (string | number)[]) => string

export function sayIn(language: Language): Say {
  return (phrase, ...values) => {
    const left = [...values]
    return (language === 'de' ? GERMAN_PHRASES[phrase] : phrase).replaceAll('{}', () => `${left.shift() ?? ''}`)
  }
}

const UNITS = [
  [86_400_000, '1 d', '{} d'],
  [3_600_000, '1 h', '{} h'],
  [60_000, '1 min', '{} min'],
  [1_000, '1 s', '{} s'],
] as const satisfies readonly (readonly [ms: number, one: Phrase, many: Phrase])[]

/** `3 min`: the largest unit only. */
export function durationIn(say: Say, thenMs: number, nowMs: number): string {
  const ms = Math.max(0, nowMs - thenMs)
  const [size, one, many] = UNITS.find(([unit]) => ms >= unit) ?? UNITS[3]
  const count = Math.floor(ms / size)
  return count === 1 ? say(one) : say(many, count)
}

/** `3 days`, not behind `ago` or `for`: German has another case there. */
export function lengthIn(say: Say, ms: number): string {
  const days = Math.floor(ms / 86_400_000)
  if (days < 1) return durationIn(say, 0, ms)
  return days === 1 ? say('1 day') : say('{} days', days)
}

/** `3 min ago`, `never`, or `just now` within a second and for a clock that runs behind. */
export function agoIn(say: Say, thenMs: number | undefined, nowMs: number): string {
  if (thenMs === undefined) return say('never')
  return nowMs - thenMs < 1000 ? say('just now') : say('{} ago', durationIn(say, thenMs, nowMs))
}
