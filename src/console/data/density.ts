import { keepSetting, keptSetting } from './kept.ts'

/** How high the rows of lists are, and whether single keys act: what the person chose in this browser. */

export type Density = 'compact' | 'comfortable'

const DENSITY = 'surety-density'
const SINGLE_KEYS = 'surety-single-keys'

export function chosenDensity(): Density {
  return keptSetting(DENSITY) === 'comfortable' ? 'comfortable' : 'compact'
}

export function chooseDensity(density: Density): void {
  keepSetting(DENSITY, density === 'compact' ? undefined : density)
  showDensity()
}

/** Styles take the height of rows from it. */
export function showDensity(): void {
  document.documentElement.dataset.density = chosenDensity()
}

/** For people who speak to their computer, or hit keys by accident, single keys can be off (WCAG 2.1.4). */
export function singleKeysAct(): boolean {
  return keptSetting(SINGLE_KEYS) !== 'off'
}

export function letSingleKeysAct(act: boolean): void {
  keepSetting(SINGLE_KEYS, act ? undefined : 'off')
}
