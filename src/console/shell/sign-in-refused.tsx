import { useState } from 'react'
import type { SIGN_IN_REFUSED_PARAMETER, SignInRefusal } from '../../protocol/nouns/people/sign-in.ts'
import { Dialog } from '../parts/dialog.tsx'

/** A type import: the schemas beside it stay out of the first page. */
const PARAMETER: typeof SIGN_IN_REFUSED_PARAMETER = 'refused'

const WORDS: Readonly<Record<SignInRefusal, string>> = {
  over: 'This sign-in was begun elsewhere, was used, or took longer than five minutes. Sign in again.',
  'not-accepted': 'The identity provider did not let you in, or its answer did not fit. Sign in again.',
  'not-registered':
    'You are no active person of this directory. An administrator adds you, by the name that the identity provider has.',
  role: 'You cannot have the role that your groups give you here. An administrator finds the reason in the log.',
  'too-many': 'Too many sign-ins failed from your network. Wait a minute, then sign in again.',
  unavailable: 'The identity provider does not answer. Try again later, or sign in with a passkey.',
}

/** Why the identity provider led back here without a sign-in. The address has a word; nobody else writes what is shown. */
export function SignInRefused() {
  const [words] = useState(wordsInAddress)
  if (words === undefined) return null
  return (
    <p className="note note-warn" role="alert">
      {words}
    </p>
  )
}

/** For who is signed in, and had to sign in again for an act. */
export function SignInRefusedDialog() {
  const [words, setWords] = useState(wordsInAddress)
  if (words === undefined) return null
  return (
    <Dialog title="You did not sign in again" onClose={() => setWords(undefined)}>
      <p>{words}</p>
    </Dialog>
  )
}

function wordsInAddress(): string | undefined {
  const word = new URLSearchParams(location.search).get(PARAMETER)
  return Object.entries(WORDS).find(([one]) => one === word)?.[1]
}
