import { useEffect, useState } from 'react'

/** One piece of news at a time about what was done, with a way back where there is one. */

interface Toast {
  readonly text: string
  readonly undo?: () => void
}

const SHOWN_MS = 10_000
let show: (toast: Toast | undefined) => void = () => {}

export function toast(text: string, undo?: () => void): void {
  show(undo === undefined ? { text } : { text, undo })
}

export function Toasts() {
  const [shown, setShown] = useState<Toast>()
  const [hasFocus, setFocus] = useState(false)
  useEffect(() => {
    show = setShown
    return () => {
      show = () => {}
    }
  }, [])
  useEffect(() => {
    if (shown === undefined || hasFocus) return
    const timer = setTimeout(() => setShown(undefined), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [shown, hasFocus])
  return (
    <div
      role="status"
      className={shown === undefined ? 'only-spoken' : 'toast'}
      onFocus={() => setFocus(true)}
      onBlur={() => setFocus(false)}
    >
      {shown?.text}
      {shown?.undo === undefined ? null : (
        <button
          type="button"
          className="button button-small"
          onClick={() => {
            shown.undo?.()
            setShown(undefined)
          }}
        >
          Undo <kbd>U</kbd>
        </button>
      )}
    </div>
  )
}
