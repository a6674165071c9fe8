import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import type { PasskeyView } from '../../../protocol/nouns/people/passkeys.ts'
import type { SignInState } from '../../../protocol/nouns/people/sign-in.ts'
import { ConfirmDialog } from '../../acts/confirm-dialog.tsx'
import { addPasskey, canUsePasskeys } from '../../data/sign-in.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { Answered, Failed } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'

const OWN = '/sign-in/passkeys'

/** One's own passkeys. Without any, one signs in at the identity provider. */
export function OwnPasskeys() {
  const id = useId()
  const queries = useQueryClient()
  const answer = useAnswer<{ readonly items: readonly PasskeyView[] }>(OWN)
  const [name, setName] = useState('')
  const [trouble, setTrouble] = useState<Error>()
  const [isWorking, setWorking] = useState(false)
  const [removed, setRemoved] = useState<PasskeyView>()
  const { signedIn, methods } = queries.getQueryData<SignInState>(['sign-in']) ?? {}
  const add = async () => {
    setWorking(true)
    setTrouble(undefined)
    try {
      await addPasskey(name.trim())
      setName('')
      toast('The passkey was added.')
      await queries.invalidateQueries({ queryKey: [OWN] })
    } catch (error) {
      setTrouble(error instanceof Error ? error : new Error(String(error)))
    }
    setWorking(false)
  }
  if (signedIn?.session.method === 'oidc') {
    return (
      <Panel title="Your passkeys" place="span-6">
        <p className="muted">You sign in at {methods?.oidc}, and have no passkeys here.</p>
      </Panel>
    )
  }
  return (
    <Panel title="Your passkeys" place="span-6">
      <div className="stack-4">
        <Answered answer={answer}>
          {({ items }) => (
            <ul className="list-lines list-lines-inside">
              {items.map((passkey) => (
                <li key={passkey.id}>
                  <div className="stack grow">
                    <span className="medium">
                      <Said>{passkey.name}</Said>
                    </span>
                    <span className="small muted">
                      at {passkey.host} · {passkey.synced ? 'copied to your other devices · ' : ''}
                      {passkey.lastUsedAt === undefined ? (
                        'not used yet'
                      ) : (
                        <>
                          used <Ago at={passkey.lastUsedAt} />
                        </>
                      )}
                    </span>
                  </div>
                  {items.length > 1 ? (
                    <button
                      type="button"
                      className="button button-small"
                      aria-label={`Remove the passkey ${passkey.name}`}
                      onClick={() => setRemoved(passkey)}
                    >
                      Remove…
                    </button>
                  ) : null}
                </li>
              ))}
            </ul>
          )}
        </Answered>
        {removed === undefined ? null : (
          <ConfirmDialog<PasskeyView>
            title={`Remove the passkey “${removed.name}”`}
            about="It signs nobody in any more, and your other sessions end."
            act="Remove the passkey"
            request={{ method: 'DELETE', path: `${OWN}/${removed.id}` }}
            onDone={({ name: gone }) => toast(`Removed the passkey “${gone}”.`)}
            onClose={() => setRemoved(undefined)}
          />
        )}
        <p className="small muted">
          Add one of another device, so that a lost one does not keep you out. Removing one ends your other sessions.
        </p>
        <form
          className="row row-wrap"
          onSubmit={(event) => {
            event.preventDefault()
            void add()
          }}
        >
          <label htmlFor={id} className="only-spoken">
            Name of the new passkey
          </label>
          <input
            id={id}
            className="input grow"
            placeholder="Name, such as security key"
            value={name}
            maxLength={64}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <button type="submit" className="button" disabled={isWorking || !canUsePasskeys()}>
            {isWorking ? 'Waiting for the browser…' : 'Add a passkey'}
          </button>
        </form>
        {trouble === undefined ? null : <Failed error={trouble} />}
      </div>
    </Panel>
  )
}
