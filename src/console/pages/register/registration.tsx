import { Link, useParams } from 'wouter'
import type { RegistrationView } from '../../../protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { Answered } from '../../parts/answered.tsx'
import { Fact } from '../../parts/fact.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Panel } from '../../parts/panel.tsx'
import { PageTitle, Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import { RegistrationFacts } from '../../seen/registration-facts.tsx'
import { RegistrationStatus } from '../../seen/registration-state.tsx'
import { RegisteredAgents } from './registered-agents.tsx'
import { RegistrationActs } from './registration-acts.tsx'

/** Agents of one registration that are asked for. Few have more. */
const MOST_AGENTS = 200

/** One registered agent: who answers for it, what it must be, where it is seen, and how it deviates. */
export function Registration() {
  const { id = '' } = useParams()
  const answer = useAnswer<RegistrationView>(`/registrations/${encodeURIComponent(id)}`, { everyMs: 15_000 })
  return (
    <div className="page">
      <Answered answer={answer}>{(registration) => <Shown registration={registration} />}</Answered>
    </div>
  )
}

function Shown({ registration }: { readonly registration: RegistrationView }) {
  const { id, name, state, creator, createdAt, spiffeId } = registration
  const seen = useAnswer<{ readonly items: readonly SeenAgentView[]; readonly next?: string }>(
    `/inbox?registration=${id}&limit=${MOST_AGENTS}`,
  )
  return (
    <>
      <header className="page-head">
        <PageTitle>{name}</PageTitle>
        <RegistrationStatus state={state} />
        <RegistrationActs registration={registration} agents={seen.data?.items ?? []} />
      </header>
      <Held registration={registration} />
      <div className="columns">
        <Panel title="Registration" place="span-5">
          <RegistrationFacts registration={registration} />
        </Panel>
        <Panel title="What an agent must be" place="span-7">
          <dl className="facts">
            <Criteria registration={registration} agents={seen.data?.items ?? []} />
            <Fact name="Registered by">
              <Said>{creator.person.name}</Said>, <Ago at={createdAt} />
            </Fact>
            <Fact name="SPIFFE ID">
              <code>
                <Said>{spiffeId}</Said>
              </code>
            </Fact>
            <Fact name="ID">
              <code>{id}</code>
            </Fact>
          </dl>
        </Panel>
        <Panel title="Where it is seen" place="span-12" flush>
          <Answered answer={seen}>
            {({ items, next }) => <RegisteredAgents id={id} agents={items} hasMore={next !== undefined} />}
          </Answered>
        </Panel>
      </div>
    </>
  )
}

/** Why it may not run. */
function Held({ registration: { state, stateAt, stateReason, stop } }: { readonly registration: RegistrationView }) {
  if (state === 'active') return null
  if (state === 'provisioning') {
    return (
      <p className="note note-warn">
        <Icon name="unregistered" />
        <span>Proposed. It is not in use until somebody accepts it.</span>
      </p>
    )
  }
  return (
    <div className={`note ${state === 'suspended' ? 'note-ice' : state === 'quarantined' ? 'note-bad' : ''}`}>
      <Icon name={state === 'retired' ? 'released' : 'frozen'} />
      <span>
        {state.charAt(0).toUpperCase()}
        {state.slice(1)} <Ago at={stateAt} />
        {stateReason === undefined ? '.' : ': '}
        {stateReason === undefined ? null : <Said>{stateReason}</Said>}
      </span>
      {stop === undefined ? null : (
        <Link className="link to-end" href={`/stops/${stop}`}>
          See the stop
        </Link>
      )}
    </div>
  )
}

interface CriteriaProps {
  readonly registration: RegistrationView
  /** They know names of what the criteria have ids of. */
  readonly agents: readonly SeenAgentView[]
}

function Criteria({ registration: { criteria, owner, ownerName }, agents }: CriteriaProps) {
  const { products, packages, executables, signers, device, human, workspaces, mcpServers } = criteria
  const host = agents.find((agent) => agent.device === device)?.hostname
  const person = human === owner ? ownerName : agents.find((agent) => agent.human?.id === human)?.human?.name
  const any = (texts: readonly string[] | undefined) =>
    texts === undefined ? undefined : <Said>{texts.join(' or ')}</Said>
  return (
    <>
      <Fact name="Product">{any(products)}</Fact>
      <Fact name="Package">{any(packages)}</Fact>
      <Fact name="Program">{any(executables)}</Fact>
      <Fact name="Signed by">{any(signers)}</Fact>
      <Fact name="Device">
        {device === undefined ? (
          'any'
        ) : (
          <Link className="link" href={`/devices/${device}`}>
            <Said>{host ?? device}</Said>
          </Link>
        )}
      </Fact>
      <Fact name="Accounts of">
        {human === undefined ? (
          'anybody'
        ) : (
          <Link className="link" href={`/people/${human}`}>
            <Said>{person ?? human}</Said>
          </Link>
        )}
      </Fact>
      <Fact name="Works in">{any(workspaces)}</Fact>
      <Fact name="Uses the servers">{any(mcpServers)}</Fact>
    </>
  )
}
