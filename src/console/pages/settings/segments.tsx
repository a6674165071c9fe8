import { useId } from 'react'
import { capital } from '../../data/words.ts'

interface SegmentsProps<T extends string> {
  readonly legend: string
  readonly value: T
  readonly choices: readonly T[]
  onChange(value: T): void
}

/** One of a few, all in sight. */
export function Segments<T extends string>({ legend, value, choices, onChange }: SegmentsProps<T>) {
  const id = useId()
  return (
    <fieldset className="stack-2" aria-labelledby={id}>
      <span id={id} className="medium">
        {legend}
      </span>
      <div className="row">
        <div className="segments">
          {choices.map((choice) => (
            <button key={choice} type="button" aria-pressed={choice === value} onClick={() => onChange(choice)}>
              {capital(choice)}
            </button>
          ))}
        </div>
      </div>
    </fieldset>
  )
}
