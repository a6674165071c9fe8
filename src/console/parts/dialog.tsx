import { Dialog as Base } from '@base-ui/react/dialog'
import { type ReactNode, useRef, useState } from 'react'
import { Icon } from './icon.tsx'

interface DialogProps {
  readonly title: ReactNode
  /** A sentence below the title. */
  readonly about?: ReactNode
  onClose(): void
  /** Buttons, the one that acts last. */
  readonly foot?: ReactNode
  readonly children: ReactNode
}

const FIELDS = 'input, textarea, select'

/** Opens when it is shown, with focus on its first field. Escape and the cross close it; focus stays inside and returns. */
export function Dialog({ title, about, onClose, foot, children }: DialogProps) {
  const body = useRef<HTMLDivElement>(null)
  return (
    <Base.Root open onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="scrim" />
        <Base.Viewport className="dialog-place">
          <Base.Popup className="dialog" initialFocus={() => body.current?.querySelector<HTMLElement>(FIELDS) ?? true}>
            <header className="dialog-head">
              <div className="stack grow">
                <Base.Title>{title}</Base.Title>
                {about === undefined ? null : <Base.Description className="muted">{about}</Base.Description>}
              </div>
              <Base.Close className="bare-button" aria-label="Close">
                <Icon name="close" />
              </Base.Close>
            </header>
            <div className="dialog-body" ref={body}>
              {children}
            </div>
            {foot === undefined ? null : <footer className="dialog-foot">{foot}</footer>}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  )
}

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
