import { useEffect, useRef } from 'react'
import { singleKeysAct } from '../data/density.ts'

const FIELDS = 'input, textarea, select, [contenteditable]'
const DIALOG = '[role="dialog"], [role="alertdialog"]'

/**
 * Single keys that act, by what the keyboard sends. They do nothing while a field has focus or a dialog is open, or where the person
 * has switched off those that are characters.
 */
export function useKeys(keys: Readonly<Record<string, (() => void) | undefined>>): void {
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
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [])
}
