import { useEffect, useState } from 'react'
import { Icon } from '../parts/icon.tsx'
import type { ListFilter, ListSpec } from './list-spec.ts'
import type { ListState } from './use-list.ts'

/** So many filters are always there; the others come on request. */
const SHOWN = 4
/** Named sets of filters. */
export function ListViews<T>({ spec, state }: { readonly spec: ListSpec<T>; readonly state: ListState }) {
  if (spec.views === undefined) return null
  return (
    <div className="list-views">
      {spec.views.map(({ label, query }) => (
        <button
          key={label}
          type="button"
          aria-pressed={isSame(query, state.query)}
          onClick={() => state.replace(query)}
        >
          {label}
        </button>
      ))}
    </div>
  )
}

/** A search waits for a pause in typing. */
const PAUSE_MS = 200

export function ListFilters<T>({ spec, state }: { readonly spec: ListSpec<T>; readonly state: ListState }) {
  const [isOpen, setOpen] = useState(false)
  const { filters, search } = spec
  const shown = isOpen ? filters : filters.filter(({ member }, at) => at < SHOWN || state.query[member] !== undefined)
  if (filters.length === 0 && search === undefined) return null
  return (
    <search className="list-filters">
      {search === undefined ? null : (
        <LateInput
          label={`Search ${spec.many}: ${search}`}
          placeholder="Search"
          value={state.query.search}
          onChange={(text) => state.set('search', text)}
        />
      )}
      {shown.map((filter) => (
        <Filter key={filter.member} filter={filter} state={state} />
      ))}
      {filters.length > SHOWN ? (
        <button type="button" className="chip chip-add" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name={isOpen ? 'close' : 'add'} />
          {isOpen ? 'Fewer filters' : 'More filters'}
        </button>
      ) : null}
    </search>
  )
}

function Filter({ filter, state }: { readonly filter: ListFilter; readonly state: ListState }) {
  const { member, label, choices, usual = '', isTime, pattern } = filter
  const value = state.query[member] ?? usual
  if (isTime === true) return <TimeFilter filter={filter} state={state} />
  if (choices === undefined) {
    return (
      <LateInput
        label={label}
        placeholder={label}
        value={state.query[member]}
        {...(pattern === undefined ? {} : { pattern })}
        onChange={(text) => state.set(member, text)}
      />
    )
  }
  return (
    <label className={`chip ${value === '' ? '' : 'chip-on'}`}>
      <span className="muted">{label}</span>
      <select className="chip-select" value={value} onChange={(event) => state.set(member, event.currentTarget.value)}>
        {usual === '' ? <option value="">any</option> : null}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  )
}

/** A time by the clock of this browser. */
function TimeFilter({ filter: { member, label }, state }: { readonly filter: ListFilter; readonly state: ListState }) {
  const at = Number(state.query[member])
  return (
    <label className={`chip ${state.query[member] === undefined ? '' : 'chip-on'}`}>
      <span className="muted">{label}</span>
      <input
        type="datetime-local"
        className="chip-select"
        value={Number.isSafeInteger(at) ? localTime(at) : ''}
        onChange={({ currentTarget: { value } }) =>
          state.set(member, value === '' ? undefined : String(new Date(value).getTime()))
        }
      />
    </label>
  )
}

/** `2026-12-04T14:02`, as such a field has it. */
function localTime(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

interface LateInputProps {
  readonly pattern?: RegExp
  readonly label: string
  readonly placeholder: string
  readonly value: string | undefined
  onChange(text: string): void
}

/** Says what was typed once the typing pauses. */
export function LateInput({ label, placeholder, value = '', pattern, onChange }: LateInputProps) {
  const [typed, setTyped] = useState(value)
  const isWrong = typed !== '' && pattern?.test(typed) === false
  useEffect(() => setTyped(value), [value])
  useEffect(() => {
    if (typed === value || isWrong) return
    const timer = setTimeout(() => onChange(typed), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [typed, value, isWrong, onChange])
  return (
    <input
      className="input"
      type="search"
      aria-label={label}
      title={label}
      placeholder={placeholder}
      value={typed}
      maxLength={256}
      aria-invalid={isWrong}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  )
}

function isSame(one: ListState['query'], other: ListState['query']): boolean {
  const members = Object.keys(one)
  return members.length === Object.keys(other).length && members.every((member) => one[member] === other[member])
}
