import { useState } from 'react'
import type { ClaimView } from '../../../protocol/nouns/people/claims.ts'
import { ReasonDialog } from '../../acts/reason-dialog.tsx'
import { useAct } from '../../data/use-act.ts'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'
import { AskCard } from './ask-card.tsx'

/** Whether an agent of somebody whom one manages is theirs. */
export function ClaimCard({ claim }: { readonly claim: ClaimView }) {
  const { id, product, host, user, purpose, receivedAt, humanName, proposed } = claim
  const [isRefusing, setRefusing] = useState(false)
  const accepting = useAct({ onDone: () => toast('Accepted.') })
  return (
    <AskCard
      icon="asks"
      question={
        <>
          Does “<Said>{product}</Said>” belong to <Said>{humanName ?? proposed ?? user.name}</Said>?
        </>
      }
      aside={
        <>
          Claimed <Ago at={receivedAt} />
        </>
      }
      error={accepting.error}
      answers={
        <>
          <button
            type="button"
            className="button button-main"
            disabled={accepting.isPending}
            onClick={() => accepting.mutate({ method: 'POST', path: `/claims/${id}/accept`, body: {} })}
          >
            Yes, it does
          </button>
          <button type="button" className="button" onClick={() => setRefusing(true)}>
            No…
          </button>
        </>
      }
    >
      <p>
        <Said>{user.name}</Said> on <Said>{host}</Said> says what it is for:
      </p>
      <blockquote className="quote">
        <Said>{purpose}</Said>
      </blockquote>
      {isRefusing ? (
        <ReasonDialog
          title="Refuse the claim"
          about="The person at the device can read why."
          act="Refuse"
          request={(reason) => ({ method: 'POST', path: `/claims/${id}/refuse`, body: { reason } })}
          onDone={() => toast('Refused.')}
          onClose={() => setRefusing(false)}
        />
      ) : null}
    </AskCard>
  )
}
