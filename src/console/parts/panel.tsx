import { type ReactNode, useId } from 'react'

interface PanelProps {
  readonly title: ReactNode
  /** Beside the title: a count. */
  readonly aside?: ReactNode
  /** At the end of the head: links or a choice. */
  readonly more?: ReactNode
  readonly foot?: ReactNode
  /** Classes for its place in the page. */
  readonly place?: string
  /** The content reaches the edges, as tables do. */
  readonly flush?: boolean
  readonly children: ReactNode
}

export function Panel({ title, aside, more, foot, place = '', flush = false, children }: PanelProps) {
  const id = useId()
  return (
    <section className={`panel ${flush ? 'panel-flush' : ''} ${place}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside === undefined ? null : <span className="faint">{aside}</span>}
        {more === undefined ? null : <div className="panel-more">{more}</div>}
      </header>
      {flush ? children : <div className="panel-body">{children}</div>}
      {foot === undefined ? null : <footer className="panel-foot">{foot}</footer>}
    </section>
  )
}
