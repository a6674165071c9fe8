import { type Act, useAct } from '../data/use-act.ts'
import { Failed } from '../parts/answered.tsx'
import { Dialog } from '../parts/dialog.tsx'

interface ConfirmDialogProps<T> {
  readonly title: string
  /** What follows from it. */
  readonly about: string
  /** What the button does: `Remove the passkey`. */
  readonly act: string
  readonly request: Act
  onClose(): void
  onDone?(answer: T): void
}

/** Says what follows from something that ends or removes, and does it. */
export function ConfirmDialog<T>({ title, about, act, request, onClose, onDone }: ConfirmDialogProps<T>) {
  const doing = useAct<T>({
    onDone(answer) {
      onDone?.(answer)
      onClose()
    },
  })
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
            className="button button-danger to-end"
            disabled={doing.isPending}
            onClick={() => doing.mutate(request)}
          >
            {doing.isPending ? 'Working…' : act}
          </button>
        </>
      }
    >
      {doing.error === null ? null : <Failed error={doing.error} />}
    </Dialog>
  )
}
