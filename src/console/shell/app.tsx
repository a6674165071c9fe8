import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import type { ApiError } from '../data/api.ts'
import { SessionContext } from '../data/session.ts'
import { type SignInState, signInState } from '../data/sign-in.ts'
import { Failed, Waiting } from '../parts/answered.tsx'
import { Shell } from './shell.tsx'

const Door = lazy(async () => ({ default: (await import('./door.tsx')).Door }))

/** The console for whoever is signed in, or the door. */
export function App() {
  const queries = useQueryClient()
  const onChange = () => void queries.invalidateQueries({ queryKey: ['sign-in'] })
  const { data, error } = useQuery<SignInState, ApiError>({
    queryKey: ['sign-in'],
    queryFn: () => signInState({ onSessionEnded: onChange, confirmPerson: async () => false }),
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
  if (data.session === undefined || location.pathname.startsWith('/invitation/')) {
    return (
      <Suspense fallback={<Waiting />}>
        <Door state={data} onSignedIn={onChange} />
      </Suspense>
    )
  }
  return (
    <SessionContext value={data.session}>
      <Shell organisation={data.organisation} />
    </SessionContext>
  )
}
