import { Failed } from '../parts/answered.tsx'

/** Why a passkey was not taken, in words that say what to do. */
export function SignInTrouble({ error }: { readonly error: unknown }) {
  if (error === undefined) return null
  if (error instanceof DOMException) {
    return (
      <p className="note note-warn" role="alert">
        {error.name === 'NotAllowedError'
          ? 'No passkey was shown, or it took too long. Try again.'
          : `The browser refused: ${error.message}`}
      </p>
    )
  }
  return <Failed error={error instanceof Error ? error : new Error(String(error))} />
}
