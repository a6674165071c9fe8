import { Link } from 'wouter'
import { Said } from '../../parts/said.tsx'
import { Frozen, Proof } from '../../parts/status.tsx'
import type { ChainNode } from './chain.ts'

const KINDS: Readonly<Record<ChainNode['kind'], string>> = {
  person: 'Person',
  device: 'Device',
  agent: 'Agent',
  server: 'MCP server',
  more: 'More',
}

/** The chain in words. */
export function ChainTable({ nodes }: { readonly nodes: readonly ChainNode[] }) {
  return (
    <table className="table table-compact table-cards" id="chain-table" tabIndex={-1}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Link</th>
          <th scope="col">What is known</th>
          <th scope="col">How</th>
        </tr>
      </thead>
      <tbody>
        {nodes.map(({ id, kind, name, about, more = [], known, state, href }) => (
          <tr key={id}>
            <td data-heading="Name" className="medium">
              <Link href={href}>
                <Said>{name}</Said>
              </Link>
            </td>
            <td data-heading="Link" className="muted">
              {KINDS[kind]}
            </td>
            <td data-heading="What is known">
              {state === 'frozen' ? <Frozen>{about.replace(/^FROZEN,? ?/, '')}</Frozen> : <Said>{about}</Said>}
              {more.map((line) => (
                <span key={line} className="chain-more small muted">
                  <Said>{line}</Said>
                </span>
              ))}
            </td>
            <td data-heading="How">{known === undefined ? 'proposed' : <Proof of={known} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
