import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { ApiError } from '../data/api.ts'
import { Icon } from './icon.tsx'
import { Ago } from './time.tsx'

/** Before this nothing is shown, so that quick answers do not flicker. */
const QUIET_MS = 300

/**
 * What a question was answered, or what is shown instead: nothing yet, a sign of waiting, or what is wrong. An answer that
 * cannot be renewed stays, with its age.
 */
export function Answered<T>({
  answer,
  children,
}: {
  readonly answer: UseQueryResult<T, ApiError>
  readonly children: (data: T) => ReactNode
}) {
  const { data, error, dataUpdatedAt } = answer
  if (data === undefined) return error === null ? <Waiting /> : <Failed error={error} />
  return (
    <>
      {error?.code === 'UNREACHABLE' ? (
        <p className="note note-warn" role="status">
          <Icon name="warning" />
          <span>
            The server does not answer. What you see is from <Ago at={dataUpdatedAt} />. It is asked again
            automatically.
          </span>
        </p>
      ) : null}
      {children(data)}
    </>
  )
}

export function Waiting() {
  const [isLate, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), QUIET_MS)
    return () => clearTimeout(timer)
  }, [])
  if (!isLate) return null
  return (
    <div className="panel-body stack-2" role="status">
      <span className="only-spoken">Loading</span>
      <span className="skeleton" />
      <span className="skeleton" />
      <span className="skeleton" />
    </div>
  )
}

/** What is wrong and what to do, with the code last and small. */
export function Failed({ error }: { readonly error: Error }) {
  return (
    <div className="note note-bad" role="alert">
      <span className="bad">
        <Icon name="warning" />
      </span>
      <div className="stack">
        <p>{error.message}</p>
        {error instanceof ApiError ? <p className="faint tiny">{error.code}</p> : null}
      </div>
    </div>
  )
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="strong">{title}</p>
      {children}
    </div>
  )
}
