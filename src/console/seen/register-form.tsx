import { type RefObject, useId } from 'react'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import { Panel } from '../parts/panel.tsx'
import { PersonField } from '../parts/person-field.tsx'
import { type Mistakes, type Place, placesOf, type RegistrationFields } from './registration-fields.ts'
import { hostOf } from './seen-words.ts'

interface RegisterFormProps {
  readonly agent: SeenAgentView
  readonly fields: RegistrationFields
  readonly mistakes: Mistakes
  readonly form: RefObject<HTMLFormElement | null>
  onChange(fields: RegistrationFields): void
  onSubmit(): void
}

/** Filled from what was seen. */
export function RegisterForm({ agent, fields, mistakes, form, onChange, onSubmit }: RegisterFormProps) {
  const id = useId()
  const set = (some: Partial<RegistrationFields>) => onChange({ ...fields, ...some })
  return (
    <Panel title="Register as" more="Filled from what was seen. Change what is wrong.">
      <form
        ref={form}
        className="form-columns"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit()
        }}
      >
        <PersonField
          label="Owner"
          value={fields.owner}
          hint={ownerHint(agent, fields.owner)}
          mistake={mistakes.owner}
          onChange={(owner) => set({ owner })}
        />
        <div className="field">
          <label htmlFor={`${id}-purpose`}>Purpose</label>
          <input
            id={`${id}-purpose`}
            className="input"
            value={fields.purpose}
            maxLength={1000}
            autoComplete="off"
            aria-invalid={mistakes.purpose !== undefined}
            aria-describedby={`${id}-purpose-hint`}
            onChange={(event) => set({ purpose: event.currentTarget.value })}
          />
          <span id={`${id}-purpose-hint`} className={mistakes.purpose === undefined ? 'hint' : 'mistake'}>
            {mistakes.purpose ?? 'One sentence that an auditor understands.'}
          </span>
        </div>
        <div className="field">
          <label htmlFor={`${id}-place`}>Only on</label>
          <select
            id={`${id}-place`}
            className="input"
            value={fields.place}
            // The options below are all there are.
            onChange={(event) => set({ place: event.currentTarget.value as Place })}
          >
            {placesOf(agent).map(({ place, words }) => (
              <option key={place} value={place}>
                {words}
              </option>
            ))}
          </select>
        </div>
        <div className="form-halves">
          <div className="field">
            <label htmlFor={`${id}-ends`}>Ends</label>
            <input
              id={`${id}-ends`}
              className="input"
              type="date"
              value={fields.ends}
              aria-invalid={mistakes.ends !== undefined}
              aria-describedby={`${id}-ends-hint`}
              onChange={(event) => set({ ends: event.currentTarget.value })}
            />
            <span id={`${id}-ends-hint`} className="mistake">
              {mistakes.ends}
            </span>
          </div>
          <div className="field">
            <label htmlFor={`${id}-act`}>May act</label>
            <select
              id={`${id}-act`}
              className="input"
              value={fields.mayAct}
              onChange={(event) => set({ mayAct: event.currentTarget.value === 'asks' ? 'asks' : 'autonomous' })}
            >
              <option value="asks">only if it asks</option>
              <option value="autonomous">without asking</option>
            </select>
          </div>
        </div>
        <button type="submit" className="only-spoken" tabIndex={-1}>
          Register
        </button>
      </form>
    </Panel>
  )
}

/** Why this person is proposed. */
function ownerHint(agent: SeenAgentView, owner: string): string {
  const { proposedOwner, human, user } = agent
  if (proposedOwner === undefined) return 'Nobody is known for it. Without an owner it waits in the register.'
  if (owner.trim() !== proposedOwner.name) return 'User name or e-mail address'
  if (human === undefined) return `Proposed: the owner of ${hostOf(agent)}.`
  const account = user === undefined ? 'the account' : `the account ${user.name}`
  return human.confirmed
    ? `Proposed: ${account} on ${hostOf(agent)} is confirmed as theirs.`
    : `Proposed: ${account} on ${hostOf(agent)} looks like theirs.`
}
