import { lazy, Suspense, useMemo, useState } from 'react'
import type { History } from '../../../protocol/nouns/directory/history.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { clockTime, countText, exactTime, utcDay } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { type Points, pointsOf, type Span } from './history-points.ts'

const HistoryChart = lazy(async () => ({ default: (await import('./history-chart.tsx')).HistoryChart }))

const SPANS: readonly Span[] = ['48 h', '30 d']
/** A line needs two. */
const FEWEST_POINTS = 2

/** How many agents ran, by the day or the hour. */
export function FleetHistory() {
  const answer = useAnswer<History>('/history', { everyMs: 600_000 })
  const [span, setSpan] = useState<Span>('30 d')
  return (
    <section className="stack-2" aria-label="Agents over time">
      <div className="row row-wrap">
        <ul className="legend" aria-hidden="true">
          <li>
            <svg className="legend-line" viewBox="0 0 18 4" aria-hidden="true">
              <path className="legend-running" d="M0 2h18" />
            </svg>
            running
          </li>
          <li>
            <svg className="legend-line" viewBox="0 0 18 4" aria-hidden="true">
              <path className="legend-autonomous" d="M0 2h18" />
            </svg>
            act without asking
          </li>
        </ul>
        <span className="segments to-end not-printed">
          {SPANS.map((one) => (
            <button key={one} type="button" aria-pressed={span === one} onClick={() => setSpan(one)}>
              {one}
            </button>
          ))}
        </span>
      </div>
      <Answered answer={answer}>{(history) => <Shown history={history} span={span} />}</Answered>
    </section>
  )
}

function Shown({ history, span }: { readonly history: History; readonly span: Span }) {
  const points = useMemo(() => pointsOf(history, span), [history, span])
  if (points.times.length < FEWEST_POINTS) {
    return <p className="muted small">The chart begins once two {span === '30 d' ? 'days' : 'hours'} are counted.</p>
  }
  const byDay = span === '30 d'
  return (
    <>
      <Suspense fallback={<div className="chart" />}>
        <HistoryChart points={points} timeWords={byDay ? utcDay : shortTime} />
      </Suspense>
      <details className="small">
        <summary className="link">As a table</summary>
        <HistoryTable points={points} byDay={byDay} />
      </details>
    </>
  )
}

function HistoryTable({ points, byDay }: { readonly points: Points; readonly byDay: boolean }) {
  return (
    <table className="table table-compact">
      <caption className="muted">
        {byDay ? 'Each day in UTC by the hour in which most devices were connected.' : 'Each hour that was counted.'}
      </caption>
      <thead>
        <tr>
          <th scope="col">{byDay ? 'Day' : 'Time'}</th>
          <th scope="col" className="number">
            Running
          </th>
          <th scope="col" className="number">
            Act without asking
          </th>
        </tr>
      </thead>
      <tbody>
        {points.times.map((time, at) => (
          <tr key={time}>
            <td>
              <time dateTime={new Date(time * 1_000).toISOString()} title={exactTime(time * 1_000)}>
                {byDay ? utcDay(time * 1_000) : exactTime(time * 1_000)}
              </time>
            </td>
            <td className="number">{countText(points.running[at] ?? 0)}</td>
            <td className="number">{countText(points.autonomous[at] ?? 0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** `14:02`. */
function shortTime(at: number): string {
  return clockTime(at).slice(0, 5)
}
