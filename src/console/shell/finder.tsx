import { lazy, Suspense, useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import type { AgentSelector } from '../../protocol/nouns/agents/stops.ts'
import { signOut } from '../data/sign-in.ts'
import { chooseTheme, currentTheme } from '../data/theme.ts'
import type { Choice, Deed, Place } from '../find/choices.ts'
import { DIALOG, useKeys } from '../parts/use-keys.ts'

const loadPalette = () => import('../find/palette.tsx')
const Palette = lazy(async () => ({ default: (await loadPalette()).Palette }))
const Shortcuts = lazy(async () => ({ default: (await import('../find/shortcuts.tsx')).Shortcuts }))
const FreezeDialog = lazy(async () => ({ default: (await import('../acts/freeze-dialog.tsx')).FreezeDialog }))

/** What was opened last is offered first. It is forgotten with the page. */
const MOST_RECENT = 5
/** The palette is fetched once the first page is there. */
const FETCH_AFTER_MS = 2_000

interface FinderProps {
  readonly places: readonly Place[]
  readonly isOpen: boolean
  onOpen(isOpen: boolean): void
  onSignedOut(): void
}

/** The palette, and what it opens. `/` and Ctrl-K open it on every page, `?` shows the keys. */
export function Finder({ places, isOpen, onOpen, onSignedOut }: FinderProps) {
  const [, navigate] = useLocation()
  const [recent, setRecent] = useState<readonly Choice[]>([])
  const [shown, setShown] = useState<'keys' | { readonly freeze: AgentSelector | 'chosen' }>()
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), FETCH_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])
  // A page may have the same keys, and comes first.
  useKeys({ '/': () => onOpen(true), '?': () => setShown('keys') }, { afterPage: true })
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== 'k') return
      // Nothing opens over a dialog in which something is being decided.
      if (!isOpen && document.querySelector(DIALOG) !== null) return
      event.preventDefault()
      onOpen(!isOpen)
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [isOpen, onOpen])
  const deeds: Readonly<Record<Deed, () => void>> = {
    theme: () => chooseTheme(currentTheme() === 'dark' ? 'light' : 'dark'),
    keys: () => setShown('keys'),
    // The palette is no part of what is printed.
    print: () => setTimeout(() => window.print()),
    'sign-out': () => void signOut().finally(onSignedOut),
  }
  const choose = (choice: Choice) => {
    onOpen(false)
    const { does } = choice
    if ('deed' in does) return deeds[does.deed]()
    if ('freeze' in does) return setShown(does)
    setRecent([choice, ...recent.filter(({ key }) => key !== choice.key)].slice(0, MOST_RECENT))
    navigate(does.open)
  }
  const close = () => setShown(undefined)
  return (
    // Until it is there, the keys of the page must not act.
    <Suspense fallback={<div role="dialog" aria-label="Loading" />}>
      {isOpen ? <Palette places={places} recent={recent} onChoose={choose} onClose={() => onOpen(false)} /> : null}
      {shown === 'keys' ? <Shortcuts onClose={close} /> : null}
      {typeof shown === 'object' ? (
        <FreezeDialog {...(shown.freeze === 'chosen' ? {} : { selector: shown.freeze })} onClose={close} />
      ) : null}
    </Suspense>
  )
}
