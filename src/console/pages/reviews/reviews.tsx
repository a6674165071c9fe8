import { useState } from 'react'
import { type ReviewView, reviews } from '../../../protocol/nouns/agents/reviews.ts'
import { useMay } from '../../data/session.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { nounList } from '../../list/noun-list.tsx'
import { Status } from '../../parts/status.tsx'
import { STATE_LOOKS } from './review-words.ts'
import { StartDialog } from './start-dialog.tsx'

const declared = nounList(reviews)

const REVIEWS: ListSpec<ReviewView> = {
  ...declared,
  columns: declared.columns.map((column) =>
    column.heading === 'State' ? { ...column, cell: ({ state }: ReviewView) => <ReviewState state={state} /> } : column,
  ),
  views: [
    { label: 'All', query: {} },
    { label: 'Open', query: { state: 'open' } },
    { label: 'Closed', query: { state: 'closed' } },
  ],
  empty: <p className="muted">No review was started. “Start a review” asks owners whether their agents are needed.</p>,
}

/** Reviews, in which owners say whether their agents are still needed. */
export function Reviews() {
  const mayRegister = useMay('register')
  const [isStarting, setStarting] = useState(false)
  return (
    <>
      <ListPage
        spec={REVIEWS}
        acts={
          mayRegister ? (
            <button type="button" className="button button-main" onClick={() => setStarting(true)}>
              Start a review…
            </button>
          ) : null
        }
      />
      {isStarting ? <StartDialog onClose={() => setStarting(false)} /> : null}
    </>
  )
}

export function ReviewState({ state }: Pick<ReviewView, 'state'>) {
  const [look, words] = STATE_LOOKS[state]
  return <Status of={look}>{words}</Status>
}
