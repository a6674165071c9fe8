import { Dialog } from '../parts/dialog.tsx'

export interface KeyGroup {
  /** Absent: there is one group only. */
  readonly heading?: string
  readonly keys: readonly (readonly [key: string, does: string])[]
}

interface KeysDialogProps {
  readonly title: string
  readonly groups: readonly KeyGroup[]
  onClose(): void
}

/** What keys do. */
export function KeysDialog({ title, groups, onClose }: KeysDialogProps) {
  return (
    <Dialog title={title} about="Single keys act while no field has focus." onClose={onClose}>
      {groups.map(({ heading = title, keys }) => (
        <section key={heading} className="stack-2" aria-label={heading}>
          {groups.length === 1 ? null : <h3>{heading}</h3>}
          <dl className="facts">
            {keys.map(([key, does]) => (
              <div key={key} className="fact">
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  )
}
