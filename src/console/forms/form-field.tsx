import { useId } from 'react'
import type { PlainField } from '../../protocol/noun/plain.ts'
import { capital } from '../data/words.ts'
import { PersonField } from '../parts/person-field.tsx'
import { labelOf } from './verbs.ts'

interface FormFieldProps {
  readonly field: PlainField
  readonly value: string
  readonly mistake: string | undefined
  onChange(value: string): void
}

/** Longer texts have lines. */
const ONE_LINE = 256

/** One member of a body, by its kind. */
export function FormField({ field, value, mistake, onChange }: FormFieldProps) {
  const id = useId()
  const { name, kind, required, choices, maxLength, about } = field
  const [said = kind === 'list' ? 'one a line' : ''] = about
  const hint = [required ? 'Required' : '', said].filter((one) => one !== '').join(': ')
  const label = labelOf(name)
  if (kind === 'human') {
    return (
      <PersonField
        label={label}
        value={value}
        hint={capital(hint)}
        mistake={mistake}
        required={required}
        onChange={onChange}
      />
    )
  }
  const common = {
    id,
    value,
    'aria-invalid': mistake !== undefined,
    'aria-describedby': `${id}-hint`,
    'aria-required': required,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => onChange(event.currentTarget.value),
  }
  const below = (
    <span id={`${id}-hint`} className={mistake === undefined ? 'hint' : 'mistake'}>
      {mistake ?? capital(hint)}
    </span>
  )
  if (kind === 'yes-no') {
    return (
      <div className="field">
        <label className="row">
          <input
            type="checkbox"
            checked={value === 'true'}
            aria-describedby={`${id}-hint`}
            onChange={(event) => onChange(event.currentTarget.checked ? 'true' : '')}
          />
          {label}
        </label>
        {below}
      </div>
    )
  }
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <Control {...common} kind={kind} choices={choices} required={required} maxLength={maxLength} />
      {below}
    </div>
  )
}

type ControlProps = Pick<PlainField, 'kind' | 'required'> & {
  readonly choices: readonly string[] | undefined
  readonly maxLength: number | undefined
  readonly id: string
  readonly value: string
  onChange(event: { readonly currentTarget: { readonly value: string } }): void
}

function Control({ kind, choices, required, maxLength, ...common }: ControlProps) {
  if (choices !== undefined && kind !== 'list') {
    return (
      <select className="input" {...common}>
        <option value="">{required ? 'Choose' : 'as usual'}</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice.replaceAll('-', ' ')}
          </option>
        ))}
      </select>
    )
  }
  if (kind === 'list' || (kind === 'text' && (maxLength ?? 0) > ONE_LINE)) {
    return <textarea className="input" rows={3} spellCheck={kind === 'text'} {...common} />
  }
  return (
    <input
      className="input"
      type={kind === 'time' ? 'date' : 'text'}
      inputMode={kind === 'number' ? 'numeric' : 'text'}
      autoComplete="off"
      {...common}
    />
  )
}
