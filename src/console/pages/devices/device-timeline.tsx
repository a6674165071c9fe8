import { useState } from 'react'
import type { Device } from '../../../protocol/nouns/devices/devices.ts'
import type { TimelinePage } from '../../../protocol/nouns/devices/timeline.ts'
import { queryText } from '../../data/api.ts'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { Answered } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { useNow } from '../../parts/time.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { DeviceDifference } from './device-difference.tsx'
import { TimelineEntries } from './timeline-entries.tsx'
import { pointIn, useTimePoints } from './use-time-points.ts'
import { VerdictBand } from './verdict-band.tsx'
import { nextChange, type Point, verdictSpans } from './verdict-spans.ts'

const DAY_MS = 86_400_000
const SPANS = [
  { days: 1, words: '24 h' },
  { days: 14, words: '14 d' },
  { days: 90, words: '90 d' },
] as const
const USUAL_DAYS = 14
/** Of one answer. */
const MOST_ENTRIES = 500
/** A point goes so far with one key. */
const STEP_SHARE = 1 / 100

/** The device over time: its verdicts, what happened, and what differs between two points. */
export function DeviceTimeline({ device }: { readonly device: Device }) {
  const now = useNow()
  const [{ days, since }, setSpan] = useState(usualSpan)
  const answer = useAnswer<TimelinePage>(`/devices/${device.id}/timeline${queryText({ since, limit: MOST_ENTRIES })}`)
  const points = useTimePoints(since, now)
  return (
    <>
      <Panel
        title="Verdict over time"
        more={
          <>
            <span className="not-on-phones">
              <kbd>A</kbd> <kbd>B</kbd> choose a point, <kbd>[</kbd> <kbd>]</kbd> move it, with Shift to the next change
            </span>
            <span className="segments not-printed">
              {SPANS.map((one) => (
                <button
                  key={one.days}
                  type="button"
                  aria-pressed={one.days === days}
                  onClick={() => setSpan(spanOf(one.days))}
                >
                  {one.words}
                </button>
              ))}
            </span>
          </>
        }
      >
        <Answered answer={answer}>
          {(page) => <Shown page={page} since={since} until={now} device={device} points={points} />}
        </Answered>
      </Panel>
      {points.compared === undefined ? null : <DeviceDifference id={device.id} {...points.compared} />}
    </>
  )
}

interface ShownProps {
  readonly page: TimelinePage
  readonly since: number
  readonly until: number
  readonly device: Device
  readonly points: ReturnType<typeof useTimePoints>
}

function Shown({ page: { items, next, notKnown }, since, until, device, points }: ShownProps) {
  const maySeeEvents = useMay('audit')
  const [active, setActive] = useState<Point>('a')
  const times = items.map(({ time }) => time)
  const step = (by: 1 | -1) => points.move(active, points[active] + by * (until - since) * STEP_SHARE)
  const jump = (by: 1 | -1) => {
    const place = nextChange(times, active, points[active], by)
    if (place !== undefined) points.move(active, place)
  }
  useKeys({
    a: () => setActive('a'),
    b: () => setActive('b'),
    '[': () => step(-1),
    ']': () => step(1),
    '{': () => jump(-1),
    '}': () => jump(1),
  })
  // Older entries were cut off.
  const knownFrom = Math.max(since, device.enrolledAt, next === undefined ? 0 : (items.at(-1)?.time ?? 0))
  const { verdict = 'unknown', validUntil } = device.result ?? {}
  const spans = maySeeEvents
    ? verdictSpans({
        entries: items,
        since: knownFrom,
        until,
        now: { verdict, ...(validUntil === undefined ? {} : { validUntil }) },
      })
    : []
  return (
    <div className="stack-2">
      <VerdictBand {...{ spans, times, since, until, points }} onPoint={setActive} />
      <p className="only-spoken" role="status">
        {active === 'a' ? 'Point A is moved by keys.' : 'Point B is moved by keys.'}
      </p>
      {maySeeEvents ? null : (
        <p className="small muted">
          Past verdicts come from events, which your role may not see. The verdict of now is at the top.
        </p>
      )}
      {next === undefined ? null : (
        <p className="small muted">Only the newest {MOST_ENTRIES} entries are shown. Choose a shorter time.</p>
      )}
      <TimelineEntries items={items} points={points} device={device.id} />
      <details className="small muted">
        <summary className="link">What is not known</summary>
        <ul className="numbered">
          {notKnown.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </details>
    </div>
  )
}

/** As long as usual, or longer, so that point A of the address is in it. */
function usualSpan() {
  const from = pointIn(new URLSearchParams(window.location.search), 'a') ?? Date.now()
  const fitting = SPANS.find(({ days }) => days >= USUAL_DAYS && spanOf(days).since <= from) ?? SPANS[2]
  return spanOf(fitting.days)
}

/** It begins at a fixed time, so that the same question is asked again. */
function spanOf(days: number): { readonly days: number; readonly since: number } {
  return { days, since: Date.now() - days * DAY_MS }
}
