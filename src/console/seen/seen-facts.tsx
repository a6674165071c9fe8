import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import type { AgentSighting, McpServerSighting } from '../../protocol/sighting.ts'
import { counted, countText } from '../data/words.ts'
import { Fact } from '../parts/fact.tsx'
import { Icon } from '../parts/icon.tsx'
import { Said } from '../parts/said.tsx'
import { isUnrecognised, serverRisks } from './seen-words.ts'

interface SeenFactsProps {
  readonly agent: SeenAgentView
  readonly sighting: AgentSighting | undefined
  readonly servers: readonly McpServerSighting[] | undefined
}

/** What it is, as its device reports it. */
export function SeenFacts({ agent, sighting, servers }: SeenFactsProps) {
  const { product, name, executable, workspace, human, deviceOwner, present, running } = agent
  return (
    <section className="stack-2" aria-labelledby="what">
      <h2 id="what">What it is</h2>
      <dl className="facts facts-narrow">
        <Fact name="Product">
          <Said>{isUnrecognised(agent) ? name : product}</Said>
        </Fact>
        <Fact name="Program">{code(executable)}</Fact>
        <Fact name="Works in">{code(workspace)}</Fact>
        <Fact name="Process">{sighting?.process?.pid}</Fact>
        <Fact name="Started by">{said(sighting?.attribution?.because)}</Fact>
        <Fact name="Signed in as">{said(sighting?.account?.name)}</Fact>
        <Fact name="Reaches">
          {said(sighting?.endpoints?.map(({ address, name: setting }) => address ?? setting).join(', '))}
        </Fact>
        <Fact name="Instances">
          {present > 1 ? `${counted(present, 'instance')}, ${countText(running)} running` : undefined}
        </Fact>
        <Fact name="Account of">{human === undefined ? undefined : <Account human={human} />}</Fact>
        <Fact name="Device of">{said(deviceOwner)}</Fact>
        <Fact name="MCP servers">{servers === undefined ? undefined : <Servers servers={servers} />}</Fact>
        <Fact name="Drift">
          <Drift drift={agent.drift} />
        </Fact>
      </dl>
    </section>
  )
}

function said(text: string | undefined): ReactNode {
  return text === undefined ? undefined : <Said>{text}</Said>
}

function code(text: string | undefined): ReactNode {
  if (text === undefined) return undefined
  return (
    <code>
      <Said>{text}</Said>
    </code>
  )
}

function Account({ human }: { readonly human: NonNullable<SeenAgentView['human']> }) {
  return (
    <>
      <Link className="link" href={`/people/${human.id}`}>
        <Said>{human.name}</Said>
      </Link>{' '}
      <span className="faint">{human.confirmed ? 'confirmed' : 'proposed'}</span>
    </>
  )
}

function Servers({ servers }: { readonly servers: readonly McpServerSighting[] }) {
  if (servers.length === 0) return <span className="muted">none in its settings</span>
  return (
    <ul className="stack">
      {servers.map((server) => {
        const risks = serverRisks(server)
        return (
          <li key={server.id}>
            <Said>{server.name}</Said>{' '}
            {risks.length === 0 ? null : (
              <span className="status bad small">
                <Icon name="warning" />
                {risks.join(', ')}
              </span>
            )}
          </li>
        )
      })}
    </ul>
  )
}

/** What changed since it was registered, or else since it was first seen. */
function Drift({ drift: { executable, launches } }: { readonly drift: SeenAgentView['drift'] }) {
  if (executable === undefined && launches.length === 0) return <span className="muted">none since first seen</span>
  return (
    <ul className="stack">
      {executable === undefined ? null : (
        <li>
          runs {code(executable.now)}, before {code(executable.before.join(', '))}
        </li>
      )}
      {launches.map(({ server, name, now }) => (
        <li key={server}>
          MCP server <Said>{name ?? server}</Said> {now === undefined ? 'is gone' : 'starts something else'}
        </li>
      ))}
    </ul>
  )
}
