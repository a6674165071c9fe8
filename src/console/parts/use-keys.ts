import { useEffect, useRef } from 'react'
import { singleKeysAct } from '../data/density.ts'

const FIELDS = 'input, textarea, select, [contenteditable]'
/** Of anything that is open over the page. */
export const DIALOG = '[role="dialog"], [role="alertdialog"]'

interface KeysInit {
  /** Keys of the same name that a page has come first. */
  readonly afterPage?: boolean
}

/**
 * Single keys that act, by what the keyboard sends. They do nothing while a field has focus or a dialog is open, or where the person
 * has switched off those that are characters.
 */
export function useKeys(
  keys: Readonly<Record<string, (() => void) | undefined>>,
  { afterPage = false }: KeysInit = {},
): void {
  const now = useRef(keys)
  now.current = keys
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.target instanceof Element && event.target.closest(FIELDS) !== null) return
      if (document.querySelector(DIALOG) !== null) return
      if (event.key.length === 1 && !singleKeysAct()) return
      const act = now.current[event.key.length === 1 ? event.key.toLowerCase() : event.key]
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    // What the document hears reaches the window last.
    const place = afterPage ? window : document
    const listener = (event: Event) => (event instanceof KeyboardEvent ? onKeyDown(event) : undefined)
    place.addEventListener('keydown', listener)
    return () => place.removeEventListener('keydown', listener)
  }, [afterPage])
}
