import { lazy, Suspense, useEffect, useState } from 'react'
import type { SignedIn, SignInState } from '../../protocol/nouns/people/sign-in.ts'

/** Acts with large effects need a passkey shown within the last minutes: asks for it, once for all requests that wait. */

const StepUpDialog = lazy(async () => ({ default: (await import('./step-up-dialog.tsx')).StepUpDialog }))

type Resolve = (isConfirmed: boolean) => void
let open: ((resolve: Resolve) => void) | undefined
const waiting: Resolve[] = []

/** @returns whether the person showed it. */
export function askToConfirm(): Promise<boolean> {
  return new Promise((resolve) => {
    if (open === undefined) return resolve(false)
    waiting.push(resolve)
    open(resolve)
  })
}

interface StepUpProps {
  readonly signedIn: SignedIn
  readonly methods: SignInState['methods']
}

export function StepUp({ signedIn, methods }: StepUpProps) {
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    open = () => setOpen(true)
    return () => {
      open = undefined
    }
  }, [])
  if (!isOpen) return null
  const close = (isConfirmed: boolean) => {
    setOpen(false)
    for (const resolve of waiting.splice(0)) resolve(isConfirmed)
  }
  return (
    <Suspense>
      <StepUpDialog hasPasskey={signedIn.passkeys > 0} methods={methods} onClose={close} />
    </Suspense>
  )
}
