import { useEffect, useState } from 'react'
import { useSearchParams } from 'wouter'
import type { Point } from './verdict-spans.ts'

/** The two times that are compared. The address has them once they rest, so that a link leads to the same difference. */

/** A point that moves asks nothing. */
const REST_MS = 300

export interface TimePoints {
  readonly a: number
  readonly b: number
  /** What the address has: undefined until somebody chose a point. */
  readonly compared: { readonly from: number; readonly to: number } | undefined
  move(point: Point, to: number): void
}

/** @param now where `b` is until somebody moves it */
export function useTimePoints(since: number, now: number): TimePoints {
  const [parameters, setParameters] = useSearchParams()
  const asked = { a: pointIn(parameters, 'a'), b: pointIn(parameters, 'b') }
  const [moved, setMoved] = useState<Partial<Record<Point, number>>>({})
  useEffect(() => {
    if (moved.a === undefined && moved.b === undefined) return
    const timer = setTimeout(() => {
      setParameters(
        (before) => {
          const after = new URLSearchParams(before)
          for (const [point, time] of Object.entries(moved)) after.set(point, String(time))
          if (!after.has('a')) after.set('a', String(since))
          return after
        },
        { replace: true },
      )
      setMoved({})
    }, REST_MS)
    return () => clearTimeout(timer)
  }, [moved, setParameters, since])
  const a = moved.a ?? asked.a ?? since
  const b = moved.b ?? asked.b ?? now
  return {
    a,
    b,
    compared:
      asked.a === undefined
        ? undefined
        : { from: asked.a, to: Math.max(asked.a + 1, asked.b ?? Math.max(now, asked.a + 1)) },
    move: (point, to) =>
      setMoved((before) => ({
        ...before,
        // Neither passes the other.
        [point]: Math.round(point === 'a' ? Math.min(to, b - 1) : Math.max(to, a + 1)),
      })),
  }
}

/** Undefined where the address has none, or no time. */
export function pointIn(parameters: URLSearchParams, point: Point): number | undefined {
  const text = parameters.get(point)
  return text === null || !/^\d{1,13}$/.test(text) ? undefined : Number(text)
}
