import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import { countText } from '../../data/words.ts'
import type { Points } from './history-points.ts'

const HEIGHT = 170
const FONT = '11px system-ui, sans-serif'
/** Below this a chart has no room for its axes. */
const LEAST_WIDTH = 120

interface HistoryChartProps {
  readonly points: Points
  /** Of one point on the axis of time. */
  timeWords(at: number): string
}

/** Lines on a canvas. Who cannot see them has the table. It is drawn again for another width, scheme, or a sheet of paper. */
export function HistoryChart({ points, timeWords }: HistoryChartProps) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = place.current
    if (element === null) return
    let chart: uPlot | undefined
    const draw = () => {
      chart?.destroy()
      const width = Math.max(LEAST_WIDTH, element.clientWidth)
      chart = new uPlot(optionsOf(width, timeWords), dataOf(points), element)
    }
    const size = new ResizeObserver(draw)
    size.observe(element)
    const scheme = new MutationObserver(draw)
    scheme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    const paper = matchMedia('print')
    paper.addEventListener('change', draw)
    return () => {
      size.disconnect()
      scheme.disconnect()
      paper.removeEventListener('change', draw)
      chart?.destroy()
    }
  }, [points, timeWords])
  return <div ref={place} className="chart" aria-hidden="true" />
}

function dataOf({ times, running, autonomous }: Points): uPlot.AlignedData {
  return [[...times], [...running], [...autonomous]]
}

function optionsOf(width: number, timeWords: (at: number) => string): uPlot.Options {
  const colour = coloursNow()
  const line = { width: 1.75, points: { show: false } }
  return {
    width,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    scales: { y: { range: (_chart, _least, most) => [0, Math.max(1, most * 1.08)] } },
    axes: [
      {
        stroke: colour('--ink-2'),
        font: FONT,
        grid: { show: false },
        ticks: { show: false },
        space: 70,
        size: 26,
        values: (_chart, times) => times.map((time) => timeWords(time * 1_000)),
      },
      {
        stroke: colour('--ink-2'),
        font: FONT,
        grid: { stroke: colour('--chart-grid'), width: 1 },
        ticks: { show: false },
        size: 44,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000],
        values: (_chart, counts) => counts.map(countText),
      },
    ],
    series: [
      {},
      { ...line, stroke: colour('--chart-1'), fill: colour('--chart-fill') },
      { ...line, stroke: colour('--chart-2'), dash: [5, 4] },
    ],
  }
}

/** A canvas knows no custom properties. */
function coloursNow(): (name: string) => string {
  const style = getComputedStyle(document.documentElement)
  return (name) => style.getPropertyValue(name).trim()
}
