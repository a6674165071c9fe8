import { useEffect, useState } from 'react'
import { exactTime, nearTime } from '../data/words.ts'

/** How long ago, with the exact time on hover. */
export function Ago({ at }: { readonly at: number | undefined }) {
  const now = useNow()
  if (at === undefined) return <span className="faint">–</span>
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {nearTime(at, now)}
    </time>
  )
}

const TICK_MS = 10_000
const listeners = new Set<(now: number) => void>()
let ticking: ReturnType<typeof setInterval> | undefined

/** The time, renewed every ten seconds by one timer for the whole page. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    listeners.add(setNow)
    ticking ??= setInterval(() => {
      for (const listener of listeners) listener(Date.now())
    }, TICK_MS)
    return () => {
      listeners.delete(setNow)
      if (listeners.size > 0) return
      clearInterval(ticking)
      ticking = undefined
    }
  }, [])
  return now
}
