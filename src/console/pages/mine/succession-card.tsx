import type { Mine } from '../../../protocol/nouns/people/mine.ts'
import { useAct } from '../../data/use-act.ts'
import { Said } from '../../parts/said.tsx'
import { toast } from '../../parts/toast.tsx'
import { AskCard } from './ask-card.tsx'

interface SuccessionCardProps {
  readonly succession: Mine['successions']['items'][number]
}

/** Whether one will answer for an agent when its owner leaves. */
export function SuccessionCard({ succession: { id, name, ownerName } }: SuccessionCardProps) {
  const accepting = useAct({ onDone: () => toast(`You will answer for ${name}.`) })
  return (
    <AskCard
      icon="register"
      question={
        <>
          Will you answer for “<Said>{name}</Said>”?
        </>
      }
      error={accepting.error}
      answers={
        <button
          type="button"
          className="button button-main"
          disabled={accepting.isPending}
          onClick={() =>
            accepting.mutate({ method: 'POST', path: `/registrations/${id}/acceptance`, body: { what: 'succession' } })
          }
        >
          I will answer for it
        </button>
      }
    >
      <p>
        {ownerName === undefined ? 'Nobody owns it now' : <Said>{ownerName}</Said>}
        {ownerName === undefined ? ', and you are ' : ' answers for it now and named you '}
        its successor. If you do not accept, it is stopped when its owner leaves.
      </p>
    </AskCard>
  )
}
