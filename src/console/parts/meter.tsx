import type { Tone } from './status.tsx'

interface MeterProps {
  readonly part: number
  readonly whole: number
  readonly tone: Exclude<Tone, 'odd'>
}

/** A share as a bar. The numbers are beside it, so it is hidden from screen readers. */
export function Meter({ part, whole, tone }: MeterProps) {
  return (
    <svg className="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect className="fill-ground" width="100" height="6" />
      <rect className={`fill-${tone}`} width={whole === 0 ? 0 : (100 * part) / whole} height="6" />
    </svg>
  )
}

interface SplitProps {
  readonly parts: readonly { readonly name: string; readonly count: number; readonly tone: MeterProps['tone'] }[]
}

/** How a whole is divided. */
export function Split({ parts }: SplitProps) {
  const whole = parts.reduce((sum, { count }) => sum + count, 0)
  let start = 0
  return (
    <svg className="split" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      {whole === 0 ? <rect className="fill-ground" width="1000" height="10" /> : null}
      {parts.map(({ name, count, tone }) => {
        const width = whole === 0 ? 0 : (1000 * count) / whole
        const x = start
        start += width
        return <rect key={name} className={`fill-${tone}`} x={x} width={Math.max(0, width - 2)} height="10" />
      })}
    </svg>
  )
}
