import { useState } from 'react'
import { Icon } from './icon.tsx'

interface CopyButtonProps {
  readonly text: string
  /** `the command`. */
  readonly what: string
}

/** Puts a text into the clipboard, and says whether it is there. */
export function CopyButton({ text, what }: CopyButtonProps) {
  const [news, setNews] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setNews('Copied.')
    } catch {
      setNews('The browser does not allow it: mark the text and copy it.')
    }
  }
  return (
    <span className="row">
      <button type="button" className="button button-small" onClick={() => void copy()}>
        <Icon name="copy" />
        Copy {what}
      </button>
      <span className="small muted" role="status">
        {news}
      </span>
    </span>
  )
}
