import type { SignInState } from '../data/sign-in.ts'

interface DoorProps {
  readonly state: SignInState
  onSignedIn(): void
}

/** Where one signs in. */
export function Door({ state, onSignedIn }: DoorProps) {
  return (
    <main className="door">
      <section className="door-card">
        <h1>Sign in to Surety</h1>
        <p className="muted">{state.organisation}</p>
        <button type="button" className="button button-main button-large" onClick={onSignedIn}>
          Sign in with a passkey
        </button>
      </section>
    </main>
  )
}
