import { useId } from 'react'
import { capital } from '../data/words.ts'
import { CopyButton } from '../parts/copy-button.tsx'

interface SecretOnceProps {
  readonly label: string
  readonly secret: string
  /** A command that takes it, and where to run it. */
  readonly use?: { readonly about: string; readonly command: string } | undefined
  /** What the directory says about it besides. */
  readonly warning?: string | undefined
}

/** A secret of an answer. The directory keeps its hash, and nobody can show it again. */
export function SecretOnce({ label, secret, use, warning }: SecretOnceProps) {
  const id = useId()
  return (
    <>
      <p className="note note-warn">It is shown now and never again. Hand it on as you would a password.</p>
      {warning === undefined ? null : <p className="note note-bad">{capital(warning)}.</p>}
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <textarea
          id={id}
          className="input mono"
          rows={5}
          readOnly
          spellCheck={false}
          value={secret}
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton text={secret} what={`the ${label.toLowerCase()}`} />
      </div>
      {use === undefined ? null : (
        <div className="field">
          <span>{use.about}</span>
          <code className="command">{use.command}</code>
          <CopyButton text={use.command} what="the command" />
        </div>
      )}
    </>
  )
}
