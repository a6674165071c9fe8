/** Light or dark: what the person chose in this browser, or else what the system prefers. */

export type Theme = 'light' | 'dark'

const KEY = 'surety-theme'
const prefersDark = matchMedia('(prefers-color-scheme: dark)')

/** Undefined: as the system. */
export function chosenTheme(): Theme | undefined {
  const chosen = readSetting(KEY)
  return chosen === 'light' || chosen === 'dark' ? chosen : undefined
}

export function currentTheme(): Theme {
  return chosenTheme() ?? (prefersDark.matches ? 'dark' : 'light')
}

export function chooseTheme(theme: Theme | undefined): void {
  if (theme === undefined) localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, theme)
  showTheme()
}

export function showTheme(): void {
  document.documentElement.dataset.theme = currentTheme()
}

prefersDark.addEventListener('change', showTheme)

/** Some browsers refuse storage to a page. Settings are then as usual. */
function readSetting(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}
