import { type ReactNode, useId, useState } from 'react'
import { type Act, useAct } from '../data/use-act.ts'
import { Failed } from '../parts/answered.tsx'
import { Dialog } from '../parts/dialog.tsx'

interface ReasonDialogProps<T> {
  readonly title: string
  readonly about?: ReactNode
  /** What the button does: `Release 9 agents`. */
  readonly act: string
  readonly tone?: 'main' | 'ice' | 'danger'
  /** What has to be done first, besides giving a reason. */
  readonly lacks?: string
  /** What is sent. The reason is a member of its body. */
  request(reason: string): Act
  /** More between the reason and the buttons. */
  readonly children?: ReactNode
  onClose(): void
  onDone?(answer: T): void
}

/** Asks why, and does it. Who is concerned can read the reason. */
export function ReasonDialog<T>(props: ReasonDialogProps<T>) {
  const { title, about, act, tone = 'main', lacks, request, children, onClose, onDone } = props
  const id = useId()
  const [reason, setReason] = useState('')
  const doing = useAct<T>({
    onDone(answer) {
      onDone?.(answer)
      onClose()
    },
  })
  const isReady = reason.trim() !== '' && lacks === undefined && !doing.isPending
  const run = () => {
    if (isReady) doing.mutate(request(reason))
  }
  return (
    <Dialog
      title={title}
      about={about}
      onClose={onClose}
      foot={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className={`button button-${tone} to-end`}
            aria-disabled={!isReady}
            onClick={run}
            title={reason.trim() === '' ? 'Say why first' : lacks}
          >
            {doing.isPending ? 'Working…' : act}
          </button>
        </>
      }
    >
      <div className="field">
        <label htmlFor={id}>
          Reason <span className="hint">everyone it concerns can read it</span>
        </label>
        <textarea
          id={id}
          className="input"
          rows={2}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run()
          }}
        />
      </div>
      {children}
      {doing.error === null ? null : <Failed error={doing.error} />}
    </Dialog>
  )
}
