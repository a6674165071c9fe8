import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Session } from '../../../protocol/nouns/people/sessions.ts'
import type { SignInState } from '../../../protocol/nouns/people/sign-in.ts'
import { signOutEverywhere } from '../../data/sign-in.ts'
import { useAct } from '../../data/use-act.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted } from '../../data/words.ts'
import { Answered, Failed } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'

const OWN = '/sign-in/sessions'

/** Where one has signed in. */
export function OwnSessions() {
  const queries = useQueryClient()
  const here = queries.getQueryData<SignInState>(['sign-in'])?.signedIn?.session.id
  const answer = useAnswer<{ readonly items: readonly Session[] }>(OWN)
  const [trouble, setTrouble] = useState<Error>()
  const ending = useAct<Session>({ onDone: () => toast('That session has ended.') })
  const endAll = async (sessions: readonly Session[]) => {
    try {
      await signOutEverywhere(sessions.flatMap(({ id }) => (id === here ? [] : [id])))
      await queries.invalidateQueries({ queryKey: ['sign-in'] })
    } catch (error) {
      setTrouble(error instanceof Error ? error : new Error(String(error)))
    }
  }
  return (
    <Panel title="Where you are signed in" place="span-6">
      <div className="stack-4">
        <Answered answer={answer}>
          {({ items }) => (
            <div className="stack-2">
              <ul className="list-lines list-lines-inside">
                {items.map(({ id, browser, address, lastUsedAt, endsAt }) => (
                  <li key={id}>
                    <div className="stack grow">
                      <span className="medium">{id === here ? 'This session' : 'Another session'}</span>
                      <span className="small muted">
                        from {address}, used <Ago at={lastUsedAt} />, ends <Ago at={endsAt} /> at the latest ·{' '}
                        <Said>{browser}</Said>
                      </span>
                    </div>
                    {id === here ? null : (
                      <button
                        type="button"
                        className="button button-small"
                        disabled={ending.isPending}
                        onClick={() => ending.mutate({ method: 'DELETE', path: `${OWN}/${id}` })}
                      >
                        End it
                      </button>
                    )}
                  </li>
                ))}
              </ul>
              <div className="row">
                <button type="button" className="button" onClick={() => void endAll(items)}>
                  Sign out everywhere: {counted(items.length, 'session')}
                </button>
              </div>
            </div>
          )}
        </Answered>
        {ending.error === null ? null : <Failed error={ending.error} />}
        {trouble === undefined ? null : <Failed error={trouble} />}
      </div>
    </Panel>
  )
}
