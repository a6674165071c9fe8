import { Dialog as Base } from '@base-ui/react/dialog'
import { type ReactNode, useState } from 'react'

interface TopDialogProps {
  /** For screen readers: it has no heading. */
  readonly label: string
  onClose(): void
  readonly children: ReactNode
}

/** A dialog near the upper edge. Its content takes focus as soon as it is there. Escape closes it; focus stays inside and returns. */
export function TopDialog({ label, onClose, children }: TopDialogProps) {
  const [before] = useState(() => document.activeElement)
  return (
    <Base.Root open onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="scrim" />
        <Base.Viewport className="dialog-place dialog-place-top">
          <Base.Popup
            className="palette"
            aria-label={label}
            initialFocus={false}
            finalFocus={() => (before instanceof HTMLElement ? before : true)}
          >
            {children}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  )
}
