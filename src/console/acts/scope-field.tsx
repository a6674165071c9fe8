import { useEffect, useState } from 'react'
import type { AgentProduct } from '../../protocol/nouns/agents/counted-things.ts'
import type { AgentSelector } from '../../protocol/nouns/agents/stops.ts'
import { useAnswer } from '../data/use-answer.ts'
import { counted } from '../data/words.ts'

const SCOPES = [
  { scope: 'all', title: 'Every agent on every device', about: 'a code freeze' },
  { scope: 'product', title: 'One product', about: 'on every device' },
  { scope: 'human', title: 'All agents of one person', about: 'on their accounts and devices' },
  { scope: 'group', title: 'All agents of a group', about: 'of its members' },
] as const
type Scope = (typeof SCOPES)[number]['scope']

/** A name is complete once there is a pause in typing. */
const PAUSE_MS = 300

/** What to freeze. */
export function ScopeField({ onChange }: { onChange(selector: AgentSelector | undefined): void }) {
  const [scope, setScope] = useState<Scope>()
  const [name, setName] = useState('')
  const products = useAnswer<{ readonly items: readonly AgentProduct[] }>('/agent-products?limit=100', {
    enabled: scope === 'product',
  })
  useEffect(() => {
    const timer = setTimeout(() => onChange(selectorOf(scope, name.trim())), scope === 'all' ? 0 : PAUSE_MS)
    return () => clearTimeout(timer)
  }, [scope, name, onChange])
  return (
    <fieldset className="stack-2">
      <legend className="only-spoken">What to freeze</legend>
      {SCOPES.map((one) => (
        <label key={one.scope} className="choice">
          <input
            type="radio"
            name="scope"
            checked={scope === one.scope}
            onChange={() => {
              setScope(one.scope)
              setName('')
            }}
          />
          <span>
            <span className="medium">{one.title}</span> <span className="muted">{one.about}</span>
          </span>
        </label>
      ))}
      {scope === 'product' ? (
        <select
          className="input"
          aria-label="Product"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        >
          <option value="">Choose a product</option>
          {products.data?.items
            .filter(({ recognised }) => recognised)
            .map((product) => (
              <option key={product.key} value={product.key}>
                {product.name} ({counted(product.running, 'running', 'running')})
              </option>
            ))}
        </select>
      ) : null}
      {scope === 'human' || scope === 'group' ? (
        <input
          className="input"
          aria-label={scope === 'human' ? 'User name or e-mail address' : 'Name of the group'}
          placeholder={scope === 'human' ? 'User name or e-mail address' : 'Name of the group'}
          value={name}
          maxLength={256}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      ) : null}
    </fieldset>
  )
}

function selectorOf(scope: Scope | undefined, name: string): AgentSelector | undefined {
  if (scope === 'all') return { all: true }
  if (scope === undefined || name === '') return undefined
  return { [scope]: name }
}
