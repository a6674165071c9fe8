import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Said } from '../../parts/said.tsx'
import { type Chain, type ChainNode, walk } from './chain.ts'
import { type Place, pictureOf } from './chain-layout.ts'

const ICONS: Readonly<Record<ChainNode['kind'], IconName>> = {
  person: 'person',
  device: 'laptop',
  agent: 'products',
  server: 'server',
  more: 'list',
}

/** The chain as a picture. Tab reaches one part of it, arrows walk, Enter opens. The table beside it says the same. */
export function ChainPicture({ chain }: { readonly chain: Chain }) {
  const [at, setAt] = useState('agent')
  const place = useRef<SVGSVGElement>(null)
  const { places, lines, width, height } = useMemo(() => pictureOf(chain), [chain])
  const onKeyDown = (event: KeyboardEvent) => {
    const next = walk(chain, at, event.key)
    if (next === undefined) return
    event.preventDefault()
    setAt(next)
    place.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)?.focus()
  }
  return (
    <nav
      className="scrolls-sideways"
      aria-label="From who answers to what it reaches. Arrow keys walk along it."
      onKeyDown={onKeyDown}
    >
      <svg ref={place} className="chain" width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        <title>Who answers, and what it reaches</title>
        {lines.map(({ id, path, isSure }) => (
          <path key={id} className={isSure ? 'chain-line' : 'chain-line chain-line-reported'} d={path} />
        ))}
        {places.map((one) => (
          <Node key={one.node.id} place={one} isAt={one.node.id === at} onAt={setAt} />
        ))}
      </svg>
    </nav>
  )
}

interface NodeProps {
  readonly place: Place
  readonly isAt: boolean
  onAt(id: string): void
}

function Node({ place: { node, x, y, width, height }, isAt, onAt }: NodeProps) {
  const [, navigate] = useLocation()
  const { id, kind, name, about, more = [], known, state, href } = node
  const look = [known === 'proven' ? 'chain-node-proven' : '', state === undefined ? '' : `chain-node-${state}`]
  return (
    <foreignObject x={x} y={y} width={width} height={height}>
      <a
        className={`chain-node ${look.join(' ')}`}
        href={href}
        data-node={id}
        tabIndex={isAt ? 0 : -1}
        title={[`${name}: ${about}`, ...more].join('\n')}
        onFocus={() => onAt(id)}
        onClick={(event) => {
          if (href.startsWith('#') || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
          event.preventDefault()
          navigate(href)
        }}
      >
        <Icon
          name={
            state === 'frozen' ? 'frozen' : state === 'risky' ? 'warning' : known === 'proven' ? 'proven' : ICONS[kind]
          }
        />
        <span className="chain-words">
          <span className="strong">
            <Said>{name}</Said>
          </span>
          <span className="muted tiny">
            <Said>{about}</Said>
          </span>
        </span>
      </a>
    </foreignObject>
  )
}
