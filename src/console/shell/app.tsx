import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import type { INVITATION_PAGE, SignInState } from '../../protocol/nouns/people/sign-in.ts'
import type { ApiError } from '../data/api.ts'
import { SessionContext } from '../data/session.ts'
import { sessionOf, signInState } from '../data/sign-in.ts'
import { Failed, Waiting } from '../parts/answered.tsx'
import { Shell } from './shell.tsx'
import { askToConfirm, StepUp } from './step-up.tsx'

/** A type import: the schemas beside it stay out of the first page. */
const WELCOME: typeof INVITATION_PAGE = '/welcome'

const Door = lazy(async () => ({ default: (await import('./door.tsx')).Door }))
const Refused = lazy(async () => ({ default: (await import('./sign-in-refused.tsx')).SignInRefusedDialog }))
const Welcome = lazy(async () => ({ default: (await import('./welcome.tsx')).Welcome }))

/** The console for whoever is signed in, or the door. */
export function App() {
  const queries = useQueryClient()
  const onChange = () => {
    // What somebody else was answered is not shown to who signs in next.
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'sign-in' })
    void queries.invalidateQueries({ queryKey: ['sign-in'] })
  }
  const { data, error } = useQuery<SignInState, ApiError>({
    queryKey: ['sign-in'],
    queryFn: () => signInState({ onSessionEnded: onChange, confirmPerson: askToConfirm }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (error !== null) {
    return (
      <main className="door">
        <Failed error={error} />
      </main>
    )
  }
  if (data === undefined) return null
  const { signedIn } = data
  if (location.pathname === WELCOME) {
    return (
      <Suspense fallback={<Waiting />}>
        <Welcome state={data} onSignedIn={onChange} />
      </Suspense>
    )
  }
  if (signedIn === undefined) {
    return (
      <Suspense fallback={<Waiting />}>
        <Door state={data} onSignedIn={onChange} />
      </Suspense>
    )
  }
  return (
    <SessionContext value={sessionOf(signedIn)}>
      <Shell organisation={data.organisation} isDemonstration={data.demonstration === true} onSignedOut={onChange} />
      <StepUp signedIn={signedIn} methods={data.methods} />
      {location.search.includes('refused=') ? (
        <Suspense>
          <Refused />
        </Suspense>
      ) : null}
    </SessionContext>
  )
}
