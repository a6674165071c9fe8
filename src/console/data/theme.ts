import { keepSetting, keptSetting } from './kept.ts'

/** Light or dark: what the person chose in this browser, or else what the system prefers. */

export type Theme = 'light' | 'dark'

const KEY = 'surety-theme'
const prefersDark = matchMedia('(prefers-color-scheme: dark)')

/** Undefined: as the system. */
export function chosenTheme(): Theme | undefined {
  const chosen = keptSetting(KEY)
  return chosen === 'light' || chosen === 'dark' ? chosen : undefined
}

export function currentTheme(): Theme {
  return chosenTheme() ?? (prefersDark.matches ? 'dark' : 'light')
}

export function chooseTheme(theme: Theme | undefined): void {
  keepSetting(KEY, theme)
  showTheme()
}

export function showTheme(): void {
  document.documentElement.dataset.theme = currentTheme()
}

prefersDark.addEventListener('change', showTheme)
