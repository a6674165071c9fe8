import { useLiveness } from '../../data/live.ts'
import { clockTime } from '../../data/words.ts'
import { Icon } from '../../parts/icon.tsx'

/** Whether what is shown is of this moment. It is text, so that nobody must tell colours apart. */
export function LiveLine() {
  const { state, newsAt } = useLiveness()
  if (newsAt === undefined) return <span className="live">Connecting…</span>
  if (state === 'live') return <span className="live live-now">Live, {clockTime(newsAt)}</span>
  return (
    <span className="status small warn" role="status">
      <Icon name="warning" />
      No live news since {clockTime(newsAt)}. Asked every 15 s.
    </span>
  )
}
