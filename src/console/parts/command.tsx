import { useState } from 'react'
import { Icon } from './icon.tsx'

/** A command for a terminal, with a button that copies it. */
export function Command({ children }: { readonly children: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = () => void navigator.clipboard.writeText(children).then(() => setCopied(true))
  return (
    <span className="command">
      <code>{children}</code>
      <button type="button" className="button button-small" aria-label={`Copy ${children}`} onClick={copy}>
        <Icon name={isCopied ? 'check' : 'copy'} />
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </span>
  )
}
