import type { KeyboardEvent } from 'react'
import type { Verdict } from '../../../protocol/messages/attestation-result.ts'
import { exactTime } from '../../data/words.ts'
import type { Tone } from '../../parts/status.tsx'
import type { TimePoints } from './use-time-points.ts'
import { nextChange, type Point, type VerdictSpan } from './verdict-spans.ts'

const TONES: Readonly<Record<Verdict, Exclude<Tone, 'odd'>>> = {
  compliant: 'ok',
  'not-compliant': 'bad',
  stale: 'warn',
  unknown: 'none',
}

/** Steps of a point along the band. */
const STEPS = 240
const POINTS: readonly Point[] = ['a', 'b']
const WIDTH = 1_000

interface VerdictBandProps {
  readonly spans: readonly VerdictSpan[]
  /** When something happened. */
  readonly times: readonly number[]
  readonly since: number
  readonly until: number
  readonly points: TimePoints
  onPoint(point: Point): void
}

/** Verdicts as a band, what happened as marks below it, and the two points that are compared. */
export function VerdictBand({ spans, times, since, until, points, onPoint }: VerdictBandProps) {
  const placeOf = (time: number) => Math.min(1, Math.max(0, (time - since) / (until - since)))
  return (
    <div className="band">
      <svg viewBox={`0 0 ${WIDTH} 20`} preserveAspectRatio="none" aria-hidden="true">
        <rect className="fill-ground" width={WIDTH} height="12" />
        {spans.map(({ verdict, from, to }) => (
          <rect
            key={from}
            className={`fill-${TONES[verdict]}`}
            x={WIDTH * placeOf(from)}
            width={Math.max(1, WIDTH * (placeOf(to) - placeOf(from)) - 1)}
            height="12"
          />
        ))}
        {[...new Set(times)].map((time) => (
          <rect key={time} className="band-mark" x={WIDTH * placeOf(time) - 0.75} y="14" width="1.5" height="6" />
        ))}
      </svg>
      {POINTS.map((point) => (
        <PointSlider
          key={point}
          point={point}
          place={100 * placeOf(points[point])}
          at={points[point]}
          {...{ times, since, until, points, onPoint }}
        />
      ))}
    </div>
  )
}

interface PointSliderProps extends Omit<VerdictBandProps, 'spans'> {
  readonly point: Point
  readonly at: number
  /** In percent. */
  readonly place: number
}

function PointSlider({ point, at, place, times, since, until, points, onPoint }: PointSliderProps) {
  const name = point.toUpperCase()
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key] as 1 | -1 | undefined // as written
    if (by === undefined || !event.shiftKey) return
    event.preventDefault()
    const next = nextChange(times, point, at, by)
    if (next !== undefined) points.move(point, next)
  }
  return (
    <>
      <span
        className={`band-label band-label-${point}`}
        aria-hidden="true"
        style={{ left: `${place}%`, transform: `translateX(-${place}%)` }}
      >
        {name} {exactTime(at)}
      </span>
      <input
        type="range"
        className={`band-point band-point-${point}`}
        aria-label={`Point ${name}`}
        aria-valuetext={exactTime(at)}
        min={since}
        max={until}
        step={Math.max(1, Math.round((until - since) / STEPS))}
        value={at}
        onChange={(event) => points.move(point, Number(event.currentTarget.value))}
        onFocus={() => onPoint(point)}
        onKeyDown={onKeyDown}
      />
    </>
  )
}
