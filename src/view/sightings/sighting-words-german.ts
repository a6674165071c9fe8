import type { Language } from '../checks/check-catalogue.ts'
import type { TableRow } from '../terminal.ts'

/** The tables of the status in German. Names, paths and versions stay as they are. */

const HEADINGS: Readonly<Record<string, string>> = {
  STATE: 'ZUSTAND',
  USER: 'BENUTZER',
  PROCESS: 'PROZESS',
  AUTONOMY: 'AUTONOMIE',
  WHERE: 'ORT',
  AI: 'KI',
  EXTENSION: 'ERWEITERUNG',
  FROM: 'QUELLE',
  MAY: 'DARF',
  RUNTIME: 'SERVER',
  LISTENS: 'PORTS',
  MODELS: 'MODELLE',
}

const WORDS: readonly (readonly [english: RegExp, german: string])[] = [
  [/^UNRECOGNISED, /, 'NICHT ERKANNT, '],
  [/\bFROZEN by /, 'ANGEHALTEN von '],
  [/\bENDED, what it started still runs$/, 'BEENDET, Gestartetes läuft noch'],
  [/\brunning$/, 'läuft'],
  [/\binstalled$/, 'installiert'],
  [/^asks$/, 'fragt'],
  [/^AUTONOMOUS$/, 'AUTONOM'],
  [/^AI$/, 'KI'],
  [/^enabled\b/, 'an'],
  [/^disabled\b/, 'aus'],
  [/^not known\b/, 'unbekannt'],
  [/, on in /g, ', an in '],
  [/, off in /g, ', aus in '],
  [/^store$/, 'Store'],
  [/^policy$/, 'Richtlinie'],
  [/^sideloaded$/, 'von Hand'],
  [/^unpacked$/, 'entpackt'],
  [/^bundled$/, 'mitgeliefert'],
  [/\bread every site\b/, 'jede Seite lesen'],
  [/\bdrive the browser\b/, 'den Browser steuern'],
  [/\btalk to /, 'Verbindung zu '],
  [/ and (\d+) more\b/g, ' und $1 weitere'],
  [/^(\d+) on all addresses/, '$1 auf allen Adressen'],
]

/** Columns whose text is ours. The others hold names and paths. */
const OURS: ReadonlySet<string> = new Set(['AI', 'STATE', 'AUTONOMY', 'FROM', 'MAY', 'LISTENS'])

export function headingIn(language: Language, heading: readonly string[]): readonly string[] {
  return language === 'en' ? heading : heading.map((word) => HEADINGS[word] ?? word)
}

export function rowIn(language: Language, row: TableRow, heading: readonly string[]): TableRow {
  if (language === 'en') return row
  return {
    ...row,
    cells: row.cells.map((cell, column) => {
      const title = heading[column] ?? ''
      if (OURS.has(title)) return WORDS.reduce((text, [english, german]) => text.replace(english, german), cell)
      return title === 'WHERE' ? cell.replace(/\bscore (\d+)/, 'Punkte $1').replace(/\bends (\d)/, 'endet $1') : cell
    }),
  }
}

/** `2 running, 1 installed; of these 1 FROZEN`, or `7, 4 need attention`. */
export function countsIn(language: Language, counts: string): string {
  if (language === 'en') return counts
  return counts
    .replace(/^1 running/, '1 läuft')
    .replace('running', 'laufen')
    .replace('installed', 'installiert')
    .replace('; of these ', '; davon ')
    .replace('FROZEN', 'ANGEHALTEN')
    .replace('UNRECOGNISED', 'NICHT ERKANNT')
    .replace('AUTONOMOUS', 'AUTONOM')
    .replace('needs attention', 'braucht Aufmerksamkeit')
    .replace('need attention', 'brauchen Aufmerksamkeit')
}
