import { useState } from 'react'
import type { SignInState } from '../../protocol/nouns/people/sign-in.ts'
import { showPasskey } from '../data/sign-in.ts'
import { Dialog } from '../parts/dialog.tsx'
import { SignInTrouble } from './sign-in-trouble.tsx'

interface StepUpDialogProps {
  readonly hasPasskey: boolean
  readonly methods: SignInState['methods']
  onClose(isConfirmed: boolean): void
}

export function StepUpDialog({ hasPasskey, methods, onClose }: StepUpDialogProps) {
  const [trouble, setTrouble] = useState<unknown>()
  const [isWorking, setWorking] = useState(false)
  const confirm = async () => {
    setWorking(true)
    try {
      await showPasskey()
      onClose(true)
    } catch (error) {
      setTrouble(error)
      setWorking(false)
    }
  }
  return (
    <Dialog
      title="Show that it is you"
      about="This has a large effect. It needs a sign-in of the last 5 minutes."
      onClose={() => onClose(false)}
      foot={
        <>
          <button type="button" className="button" onClick={() => onClose(false)}>
            Cancel
          </button>
          {hasPasskey ? (
            <button
              type="button"
              className="button button-main to-end"
              disabled={isWorking}
              onClick={() => void confirm()}
            >
              {isWorking ? 'Waiting for the passkey…' : 'Use the passkey'}
            </button>
          ) : (
            <a className="button button-main to-end" href={`/sign-in/oidc?fresh=yes&to=${encodeURIComponent(here())}`}>
              Sign in again at {methods.oidc}
            </a>
          )}
        </>
      }
    >
      <SignInTrouble error={trouble} />
    </Dialog>
  )
}

function here(): string {
  return `${location.pathname}${location.search}`
}
