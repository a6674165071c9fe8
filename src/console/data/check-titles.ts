import { CARDS } from '../../checks/checks.ts'

const TITLES = new Map<string, string>(CARDS.map(({ name, english }) => [name, english.title]))

/** What holds when a check passes. A check of another version has its name only. */
export function checkTitle(check: string): string {
  return TITLES.get(check) ?? check
}
