import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import type { SearchAnswer } from '../../protocol/nouns/directory/search.ts'
import { type ApiError, ask, queryText } from '../data/api.ts'
import { useSession } from '../data/session.ts'
import { counted } from '../data/words.ts'
import { Failed } from '../parts/answered.tsx'
import { TopDialog } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { type Choice, choicesOf, type Place, wordsIn } from './choices.ts'
import { PaletteResults } from './palette-results.tsx'

/** The directory is asked once the typing pauses. */
const PAUSE_MS = 120

interface FoundState {
  readonly found: SearchAnswer | undefined
  readonly error: ApiError | null
  /** What was typed last has no answer yet. */
  readonly isLate: boolean
}

interface PaletteProps {
  /** Those that the side lists. */
  readonly places: readonly Place[]
  /** What was opened last, the newest first. */
  readonly recent: readonly Choice[]
  onChoose(choice: Choice): void
  onClose(): void
}

/** The search of everything, and what one may do: a field with a list below it, used with the keyboard alone if one likes. */
export function Palette({ places, recent, onChoose, onClose }: PaletteProps) {
  const id = useId()
  const { may } = useSession()
  const [typed, setTyped] = useState('')
  /** Absent: the first one. */
  const [chosenKey, setChosenKey] = useState<string>()
  /** Enter was pressed before there was an answer. */
  const [isAwaited, setAwaited] = useState(false)
  const list = useRef<HTMLDivElement>(null)
  const { words } = wordsIn(typed)
  const { found, error, isLate } = useFound(words, { isAllowed: may.includes('view') })
  const groups = choicesOf({ typed, places, may, found, recent })
  const choices = groups.flatMap((group) => group.choices)
  const at = Math.max(
    0,
    choices.findIndex(({ key }) => key === chosenKey),
  )
  const chosen = choices[at]
  useEffect(() => {
    if (!isAwaited || isLate) return
    setAwaited(false)
    if (chosen !== undefined) onChoose(chosen)
  }, [isAwaited, isLate, chosen, onChoose])
  const move = (to: number) => {
    const next = choices[(to + choices.length) % choices.length]
    if (next === undefined) return
    setChosenKey(next.key)
    list.current?.querySelector(`#${CSS.escape(optionId(id, next))}`)?.scrollIntoView({ block: 'nearest' })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // Some input methods end a word with Enter.
    if (event.nativeEvent.isComposing) return
    if (event.key === 'ArrowDown') move(at + 1)
    else if (event.key === 'ArrowUp') move(at - 1)
    else if (event.key === 'Home') move(0)
    else if (event.key === 'End') move(choices.length - 1)
    else if (event.key !== 'Enter') return
    else if (isLate && chosenKey === undefined) setAwaited(true)
    else if (chosen !== undefined) onChoose(chosen)
    event.preventDefault()
  }
  const news = isLate ? 'Searching' : choices.length === 0 ? 'Nothing found' : counted(choices.length, 'result')
  return (
    <TopDialog label="Search and acts" onClose={onClose}>
      <div className="palette-field">
        <Icon name="search" />
        <input
          ref={takeFocus}
          role="combobox"
          aria-label="Search everything, or type what to do"
          aria-autocomplete="list"
          aria-expanded={choices.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen === undefined ? undefined : optionId(id, chosen)}
          placeholder="Search everything, or type what to do"
          value={typed}
          maxLength={256}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="go"
          onKeyDown={onKeyDown}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            setChosenKey(undefined)
            setAwaited(false)
          }}
        />
        <button type="button" className="bare-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <PaletteResults
        id={`${id}-list`}
        list={list}
        groups={groups}
        chosen={chosen}
        idOf={(choice) => optionId(id, choice)}
        onPoint={({ key }) => setChosenKey(key)}
        onChoose={onChoose}
      />
      {error === null ? null : <Failed error={error} />}
      <footer className="palette-foot">
        <span className="row not-on-phones" aria-hidden="true">
          <kbd>↑</kbd>
          <kbd>↓</kbd> move <kbd>Enter</kbd> open <kbd>&gt;</kbd> only acts <kbd>Esc</kbd> close
        </span>
        <span className="to-end" role="status">
          {news}
        </span>
      </footer>
    </TopDialog>
  )
}

/** At once, so that no letter is lost that is typed after the key that opened it. */
function takeFocus(input: HTMLInputElement | null): void {
  input?.focus()
}

function optionId(id: string, { key }: Choice): string {
  return `${id}-${encodeURIComponent(key)}`
}

/** What the directory finds for words. A question whose words have changed is cancelled. */
function useFound(words: string, { isAllowed }: { readonly isAllowed: boolean }): FoundState {
  const [asked, setAsked] = useState(words)
  useEffect(() => {
    const timer = setTimeout(() => setAsked(words), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [words])
  const enabled = isAllowed && asked !== '' && words !== ''
  const { data, error, isFetching } = useQuery<SearchAnswer, ApiError>({
    queryKey: ['search', asked],
    queryFn: ({ signal }) => ask('GET', `/search${queryText({ q: asked })}`, { signal }),
    enabled,
    gcTime: 0,
    // What is not legible is not asked again, nor is what takes too long.
    retry: false,
    refetchOnWindowFocus: false,
  })
  const isOfTheseWords = enabled && asked === words
  return {
    found: isOfTheseWords ? data : undefined,
    error: isOfTheseWords ? error : null,
    isLate: isAllowed && words !== '' && (asked !== words || (isFetching && data === undefined)),
  }
}
