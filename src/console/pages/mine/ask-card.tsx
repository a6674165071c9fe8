import { type ReactNode, useId } from 'react'
import type { ApiError } from '../../data/api.ts'
import { Failed } from '../../parts/answered.tsx'
import { Icon, type IconName } from '../../parts/icon.tsx'

interface AskCardProps {
  readonly icon: IconName
  readonly question: ReactNode
  /** Who asks, and until when. */
  readonly aside?: ReactNode
  /** What is known, and what no answer does. */
  readonly children: ReactNode
  /** The answers as buttons, the usual one first. */
  readonly answers: ReactNode
  readonly error: ApiError | null
}

/** One question to a person, with its answers. */
export function AskCard({ icon, question, aside, children, answers, error }: AskCardProps) {
  const id = useId()
  return (
    <article className="ask" aria-labelledby={id}>
      <span className="warn">
        <Icon name={icon} />
      </span>
      <div className="stack-2">
        <header className="row row-wrap">
          <h2 id={id} className="ask-question">
            {question}
          </h2>
          {aside === undefined ? null : <span className="to-end small muted">{aside}</span>}
        </header>
        {children}
        <div className="row row-wrap">{answers}</div>
        {error === null ? null : <Failed error={error} />}
      </div>
    </article>
  )
}
