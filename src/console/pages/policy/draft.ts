import { useState } from 'react'
import { useSession } from '../../data/session.ts'
import type { TextName } from './text-noun.ts'

/** A text that nobody uses yet. It stays in this tab when its page is left or loaded again. */
export interface Draft {
  readonly text: string
  /** The version that its author began with. */
  readonly base: number
}

export function useDraft(noun: TextName): readonly [Draft | undefined, (draft: Draft | undefined) => void] {
  const key = `surety-draft-${noun}-${useSession().id}`
  const [draft, setDraft] = useState(() => readDraft(key))
  const keep = (next: Draft | undefined) => {
    setDraft(next)
    try {
      if (next === undefined) sessionStorage.removeItem(key)
      else sessionStorage.setItem(key, JSON.stringify(next))
    } catch {
      // Without storage the draft lasts as long as the page.
    }
  }
  return [draft, keep]
}

function readDraft(key: string): Draft | undefined {
  try {
    const draft: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
    return isDraft(draft) ? draft : undefined
  } catch {
    return undefined
  }
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false
  const { text, base } = value as Partial<Draft> // looked at below
  return typeof text === 'string' && Number.isSafeInteger(base)
}
