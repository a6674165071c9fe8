import { Link } from 'wouter'
import type { AgentProduct } from '../../../protocol/nouns/agents/counted-things.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, countText } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Status } from '../../parts/status.tsx'

const COUNTS: readonly (readonly [string, (product: AgentProduct) => number])[] = [
  ['Devices', ({ devices }) => devices],
  ['Running', ({ running }) => running],
  ['Without asking', ({ autonomous }) => autonomous],
  ['Registered', ({ registered }) => registered],
  ['Unregistered', ({ unregistered }) => unregistered],
]

export function TopProducts() {
  const answer = useAnswer<{ readonly items: readonly AgentProduct[]; readonly total?: number }>(
    '/agent-products?limit=6',
  )
  const total = answer.data?.total
  return (
    <Panel
      title="Agents by product"
      place="span-7"
      flush
      more={total === undefined ? undefined : <Link href="/agents">All {counted(total, 'product')}</Link>}
    >
      <Answered answer={answer}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="panel-body muted">
              No agent was seen yet. Start one on a device: it appears within a second.
            </p>
          ) : (
            <div className="scrolls-sideways">
              <table className="table table-compact">
                <thead>
                  <tr>
                    <th scope="col">Product</th>
                    {COUNTS.map(([heading]) => (
                      <th key={heading} scope="col" className="number">
                        {heading}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {items.map((product) => (
                    <Row key={product.key} product={product} />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answered>
    </Panel>
  )
}

function Row({ product }: { readonly product: AgentProduct }) {
  const { key, name, recognised } = product
  return (
    <tr>
      <td className="medium">
        <Link href={`/agents/${encodeURIComponent(key)}`}>
          {recognised ? (
            <Said>{name}</Said>
          ) : (
            <Status of="unrecognised">
              <Said>{name}</Said>
            </Status>
          )}
        </Link>
      </td>
      {COUNTS.map(([heading, of]) => (
        <td key={heading} className={`number ${of(product) === 0 ? 'faint' : ''}`}>
          {countText(of(product))}
        </td>
      ))}
    </tr>
  )
}
