import { type ReactNode, useId, useState } from 'react'
import type { RegistrationView } from '../../../protocol/nouns/agents/registrations.ts'
import { useAct } from '../../data/use-act.ts'
import { Failed } from '../../parts/answered.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { PersonField } from '../../parts/person-field.tsx'
import { toast } from '../../parts/toast.tsx'
import { changeFieldsOf, changeRequest } from './registration-moves.ts'

interface ChangeDialogProps {
  readonly registration: RegistrationView
  onClose(): void
}

/** What a registration says of an agent. What nobody touched stays as it is. */
export function ChangeDialog({ registration, onClose }: ChangeDialogProps) {
  const id = useId()
  const [fields, setFields] = useState(() => changeFieldsOf(registration))
  const changing = useAct<RegistrationView>({
    onDone({ name }) {
      toast(`Changed ${name}.`)
      onClose()
    },
  })
  const change = changeRequest(registration, fields)
  const isReady =
    change !== undefined && fields.name.trim() !== '' && fields.purpose.trim() !== '' && !changing.isPending
  const run = () => {
    if (isReady) changing.mutate({ method: 'POST', path: `/registrations/${registration.id}/changes`, body: change })
  }
  const input = (member: 'name' | 'purpose' | 'ends' | 'review', type: 'text' | 'date', maxLength?: number) => (
    <input
      id={`${id}-${member}`}
      className="input"
      type={type}
      value={fields[member]}
      maxLength={maxLength}
      onChange={(event) => setFields({ ...fields, [member]: event.currentTarget.value })}
    />
  )
  return (
    <Dialog
      title={`Change ${registration.name}`}
      onClose={onClose}
      foot={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className="button button-main to-end"
            aria-disabled={!isReady}
            title={change === undefined ? 'Nothing differs yet' : undefined}
            onClick={run}
          >
            {changing.isPending ? 'Working…' : 'Change it'}
          </button>
        </>
      }
    >
      <Field id={`${id}-name`} label="Name">
        {input('name', 'text', 200)}
      </Field>
      <Field id={`${id}-purpose`} label="Purpose">
        {input('purpose', 'text', 1000)}
      </Field>
      <PersonField
        label="Successor"
        value={fields.successor}
        hint="Gets it when the owner leaves, if they accept. A new one has to accept."
        onChange={(successor) => setFields({ ...fields, successor })}
      />
      <div className="form-columns">
        <Field id={`${id}-ends`} label="Ends">
          {input('ends', 'date')}
        </Field>
        <Field id={`${id}-review`} label="Next review">
          {input('review', 'date')}
        </Field>
      </div>
      <Field id={`${id}-act`} label="May act">
        <select
          id={`${id}-act`}
          className="input"
          value={fields.mayAct}
          onChange={({ currentTarget: { value } }) =>
            setFields({ ...fields, mayAct: value === 'asks' || value === 'autonomous' ? value : '' })
          }
        >
          <option value="">in any way</option>
          <option value="asks">only if it asks</option>
          <option value="autonomous">without asking</option>
        </select>
      </Field>
      {changing.error === null ? null : <Failed error={changing.error} />}
    </Dialog>
  )
}

function Field({ id, label, children }: { readonly id: string; readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
    </div>
  )
}
