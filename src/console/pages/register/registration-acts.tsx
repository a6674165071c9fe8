import { useState } from 'react'
import type { RegistrationView } from '../../../protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import { FreezeDialog } from '../../acts/freeze-dialog.tsx'
import { ReasonDialog } from '../../acts/reason-dialog.tsx'
import { useMay } from '../../data/session.ts'
import { useAct } from '../../data/use-act.ts'
import { Failed } from '../../parts/answered.tsx'
import { Icon } from '../../parts/icon.tsx'
import { PersonField } from '../../parts/person-field.tsx'
import { toast } from '../../parts/toast.tsx'
import { ChangeDialog } from './change-dialog.tsx'
import { type Move, moveAct, movesOf } from './registration-moves.ts'

interface RegistrationActsProps {
  readonly registration: RegistrationView
  /** Those that match, as far as they are known. */
  readonly agents: readonly SeenAgentView[]
}

export function RegistrationActs({ registration, agents }: RegistrationActsProps) {
  const { id, name, state, owner, successor, successorName, successorAcceptedAt } = registration
  const mayRegister = useMay('register')
  const mayStop = useMay('stop')
  const [open, setOpen] = useState<Move | 'change' | 'transfer' | 'freeze'>()
  const accepting = useAct<RegistrationView>({
    onDone: ({ successorName: next }) =>
      toast(state === 'provisioning' ? `Accepted ${name}.` : `Recorded that ${next ?? 'the successor'} accepts.`),
  })
  if (!mayRegister || state === 'retired') return null
  const close = () => setOpen(undefined)
  const accept = (what: 'registration' | 'succession') =>
    accepting.mutate({ method: 'POST', path: `/registrations/${id}/acceptance`, body: { what } })
  return (
    <div className="page-acts">
      {state === 'provisioning' && owner !== undefined ? (
        <button type="button" className="button button-main" onClick={() => accept('registration')}>
          <Icon name="check" />
          Accept it
        </button>
      ) : null}
      {successor !== undefined && successorAcceptedAt === undefined ? (
        <button type="button" className="button" onClick={() => accept('succession')}>
          Record that {successorName ?? successor} accepts
        </button>
      ) : null}
      {state === 'retiring' ? null : (
        <>
          <button type="button" className="button" onClick={() => setOpen('change')}>
            Change…
          </button>
          <button type="button" className="button" onClick={() => setOpen('transfer')}>
            {owner === undefined ? 'Give it an owner…' : 'Transfer…'}
          </button>
        </>
      )}
      {mayStop && state === 'active' ? (
        <button type="button" className="button" onClick={() => setOpen('freeze')}>
          <Icon name="frozen" />
          Freeze its agents…
        </button>
      ) : null}
      {movesOf(state).map((move) => (
        <button
          key={move.to}
          type="button"
          className={`button ${move.to === 'active' ? 'button-main' : ''}`}
          onClick={() => setOpen(move)}
        >
          {move.label}…
        </button>
      ))}
      {accepting.error === null ? null : <Failed error={accepting.error} />}
      {open === 'freeze' ? <FreezeDialog selector={{ registration: id }} onClose={close} /> : null}
      {open === 'change' ? <ChangeDialog registration={registration} onClose={close} /> : null}
      {open === 'transfer' ? <TransferDialog registration={registration} onClose={close} /> : null}
      {typeof open === 'object' ? (
        <ReasonDialog<RegistrationView>
          title={`${open.label} ${name}`}
          about={open.about}
          act={moveAct(open, agents)}
          tone={open.tone}
          request={(reason) => ({
            method: 'POST',
            path: `/registrations/${id}/transitions`,
            body: { to: open.to, reason },
          })}
          onDone={({ state: after }) => toast(`${name} is ${after}.`)}
          onClose={close}
        />
      ) : null}
    </div>
  )
}

interface TransferDialogProps {
  readonly registration: RegistrationView
  onClose(): void
}

function TransferDialog({ registration, onClose }: TransferDialogProps) {
  const { id, name, ownerName, successorName, successorAcceptedAt } = registration
  const [owner, setOwner] = useState('')
  return (
    <ReasonDialog<RegistrationView>
      title={`Who answers for ${name}`}
      about={ownerName === undefined ? 'Nobody does now.' : `${ownerName} does now.`}
      act={owner.trim() === '' ? 'Transfer it' : `Transfer it to ${owner.trim()}`}
      request={(reason) => ({
        method: 'POST',
        path: `/registrations/${id}/owner`,
        body: { owner: owner.trim(), reason },
      })}
      onDone={({ ownerName: after }) => toast(`${after ?? 'Somebody else'} answers for ${name}.`)}
      onClose={onClose}
    >
      <PersonField
        label="New owner"
        value={owner}
        hint={
          successorName === undefined
            ? 'User name or e-mail address'
            : `${successorName} is its successor${successorAcceptedAt === undefined ? ', and has not accepted' : ''}.`
        }
        onChange={setOwner}
      />
    </ReasonDialog>
  )
}
