import { useDeferredValue, useId } from 'react'
import type { HumanView } from '../../protocol/nouns/people/people.ts'
import { queryText } from '../data/api.ts'
import { useAnswer } from '../data/use-answer.ts'

interface PersonFieldProps {
  readonly label: string
  readonly value: string
  readonly hint?: string | undefined
  readonly mistake?: string | undefined
  readonly required?: boolean
  onChange(value: string): void
}

/** Names a person by user name or e-mail address, and offers those whose user name begins so. */
export function PersonField({ label, value, hint, mistake, required = false, onChange }: PersonFieldProps) {
  const id = useId()
  const search = useDeferredValue(value.trim())
  const { data } = useAnswer<{ readonly items: readonly HumanView[] }>(
    `/humans${queryText({ search, status: 'active', limit: 8 })}`,
    { enabled: search !== '' && !search.includes(' ') },
  )
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input"
        list={`${id}-people`}
        value={value}
        maxLength={256}
        autoComplete="off"
        spellCheck={false}
        aria-required={required}
        aria-invalid={mistake !== undefined}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id={`${id}-people`}>
        {data?.items.map(({ id: human, userName, displayName }) => (
          <option key={human} value={userName}>
            {displayName}
          </option>
        ))}
      </datalist>
      <span id={`${id}-hint`} className={mistake === undefined ? 'hint' : 'mistake'}>
        {mistake ?? hint}
      </span>
    </div>
  )
}
