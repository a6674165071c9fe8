import { Graph, layout } from '@dagrejs/dagre'
import type { Chain, ChainNode } from './chain.ts'

/** Where the parts of a chain are in its picture, from left to right. */

export interface Place {
  readonly node: ChainNode
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Line {
  readonly id: string
  /** Of an SVG path. */
  readonly path: string
  /** What it leads to is decided by a person or proven. */
  readonly isSure: boolean
}

export interface Picture {
  readonly places: readonly Place[]
  readonly lines: readonly Line[]
  readonly width: number
  readonly height: number
}

const SIZE = { width: 184, height: 46 }
const BETWEEN = { ranks: 40, rows: 9 }

export function pictureOf({ nodes, edges }: Chain): Picture {
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', ranksep: BETWEEN.ranks, nodesep: BETWEEN.rows, marginx: 2, marginy: 2 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of nodes) graph.setNode(id, { ...SIZE })
  for (const { from, to } of edges) graph.setEdge(from, to)
  layout(graph)
  const places = inOrder(
    nodes.map((node) => {
      const { x, y } = graph.node(node.id)
      return { node, x: x - SIZE.width / 2, y: y - SIZE.height / 2, ...SIZE }
    }),
  )
  const placeOf = new Map(places.map((place) => [place.node.id, place]))
  const lines = edges.flatMap(({ from, to }) => {
    const [start, end] = [placeOf.get(from), placeOf.get(to)]
    if (start === undefined || end === undefined) return []
    return [
      {
        id: `${from} ${to}`,
        path: curve(start, end),
        isSure: end.node.known !== 'reported' && start.node.known !== undefined,
      },
    ]
  })
  const { width = 0, height = 0 } = graph.graph()
  return { places, lines, width, height }
}

/** The layout is free to turn a column around. From the top down it must be in the order of the table and of the arrows. */
function inOrder(places: readonly Place[]): readonly Place[] {
  const columns = Map.groupBy(places, ({ x }) => x)
  return [...columns.values()].flatMap((column) => {
    const rows = column.map(({ y }) => y).sort((one, other) => one - other)
    return column.map((place, index) => ({ ...place, y: rows[index] ?? place.y }))
  })
}

/** From the right edge of one to the left edge of the other. */
function curve(start: Place, end: Place): string {
  const [x1, y1] = [start.x + start.width, start.y + start.height / 2]
  const [x2, y2] = [end.x, end.y + end.height / 2]
  const middle = (x1 + x2) / 2
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`
}
