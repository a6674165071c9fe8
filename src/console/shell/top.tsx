import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { nameIn } from '../data/address.ts'
import { useShownTitle, useWindowTitle } from '../data/page-title.ts'
import { chooseTheme, currentTheme } from '../data/theme.ts'
import type { Page } from '../pages/pages.tsx'
import { Icon } from '../parts/icon.tsx'
import { Said } from '../parts/said.tsx'

interface TopProps {
  readonly pages: readonly Page[]
  onMenu(): void
  onFind(): void
}

/** Where one is, the search, and the theme. */
export function Top({ pages, onMenu, onFind }: TopProps) {
  const [location] = useLocation()
  const [, setTheme] = useState(currentTheme)
  const page = pages.find(({ path }) => path !== '/' && (location === path || location.startsWith(`${path}/`)))
  const shown = useShownTitle()
  const last = page === undefined || location === page.path ? '' : (shown ?? nameIn(window.location.pathname))
  useWindowTitle(last === '' ? (page?.title ?? 'Overview') : last)
  return (
    <header className="top">
      <button type="button" className="menu-button" aria-label="Menu" onClick={onMenu}>
        <Icon name="menu" />
      </button>
      <nav aria-label="Where you are">
        <ol className="crumbs">
          {page === undefined ? <li aria-current="page">Overview</li> : null}
          {page !== undefined && last === '' ? <li aria-current="page">{page.title}</li> : null}
          {page !== undefined && last !== '' ? (
            <>
              <li>
                <Link href={page.path}>{page.title}</Link>
              </li>
              <li aria-current="page">
                <Said>{last}</Said>
              </li>
            </>
          ) : null}
        </ol>
      </nav>
      <button
        type="button"
        className="find"
        aria-label="Search everything"
        aria-keyshortcuts="/ Control+K"
        onClick={onFind}
      >
        <Icon name="search" />
        <span>Search everything</span>
        <kbd>/</kbd>
      </button>
      <button
        type="button"
        className="button button-bare button-icon not-on-phones"
        aria-label="Light or dark"
        onClick={() => {
          chooseTheme(currentTheme() === 'dark' ? 'light' : 'dark')
          setTheme(currentTheme())
        }}
      >
        <Icon name="theme" />
      </button>
    </header>
  )
}
