import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { selectorWords } from '../../../protocol/nouns/agents/stops.ts'
import type { HumanSummary } from '../../../protocol/nouns/people/human-summary.ts'
import { countText } from '../../data/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { type StateName, Status, VerdictStatus } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'

/** Each part of what is a person's: at most twenty lines, with the total and the way to the rest. */
export function PersonParts({ summary }: { readonly summary: HumanSummary }) {
  const { human, devices, agents, registrations, claims, stops, groups, accounts, serviceAccounts } = summary
  const name = encodeURIComponent(human.userName)
  return (
    <div className="columns">
      <Part title="Answers for" part={registrations} rest={`/registrations?owner=${human.id}`} none="no agent">
        {registrations.items.map(({ id, name: called, state, expiresAt }) => (
          <Line
            key={id}
            href={`/registrations/${id}`}
            title={<Said>{called}</Said>}
            about={
              expiresAt === undefined ? undefined : (
                <>
                  ends <Ago at={expiresAt} />
                </>
              )
            }
          >
            {state}
          </Line>
        ))}
      </Part>
      <Part title="Devices" part={devices} rest={`/devices?owner=${name}`} none="no device">
        {devices.items.map(({ id, host, verdict, connected, lastSeenAt }) => (
          <Line
            key={id}
            href={`/devices/${id}`}
            title={<Said>{host ?? id}</Said>}
            about={connected ? 'connected' : <Ago at={lastSeenAt} />}
          >
            <VerdictStatus verdict={verdict} />
          </Line>
        ))}
      </Part>
      <Part title="Agents seen" part={agents} rest={`/inbox?human=${human.id}`} none="no agent">
        {agents.items.map(({ id, name: called, host, device, running, autonomous, state }) => (
          <Line
            key={id}
            href={`/inbox/${id}`}
            title={<Said>{called}</Said>}
            about={
              <>
                <Said>{host ?? device}</Said>
                {autonomous ? ' · acts without asking' : ''}
              </>
            }
          >
            <Status of={seenState(state, running)} />
          </Line>
        ))}
      </Part>
      <Part title="Accounts" part={accounts} none="no account on a device">
        {accounts.items.map(({ device, host, userId, userName, state }) => (
          <Line
            key={`${device} ${userId}`}
            href={`/devices/${device}`}
            title={<Said>{userName}</Said>}
            about={
              <>
                on <Said>{host ?? device}</Said>
              </>
            }
          >
            {state === 'confirmed' ? <Status of="compliant">confirmed</Status> : <Status of="stale">{state}</Status>}
          </Line>
        ))}
      </Part>
      <Part title="Claims" part={claims} none="no claim">
        {claims.items.map(({ id, product, host, device, state, receivedAt }) => (
          <Line
            key={id}
            href={`/claims/${id}`}
            title={<Said>{product}</Said>}
            about={
              <>
                <Said>{host ?? device}</Said>, <Ago at={receivedAt} />
              </>
            }
          >
            {state}
          </Line>
        ))}
      </Part>
      {stops === undefined ? null : (
        <Part title="Stops that concern them" part={stops} rest={`/stops?concerns=${human.id}`} none="no stop">
          {stops.items.map(({ id, reason, selector, names, createdAt, createdBy, state }) => (
            <Line
              key={id}
              href={`/stops/${id}`}
              title={<Said>{reason}</Said>}
              about={
                <>
                  <Said>{selectorWords(selector, names)}</Said>, by <Said>{createdBy}</Said> <Ago at={createdAt} />
                </>
              }
            >
              {state === 'standing' ? <Status of="in-force" /> : state}
            </Line>
          ))}
        </Part>
      )}
      <Part title="Groups" part={groups} none="no group">
        {groups.items.map(({ id, name: called }) => (
          <Line key={id} href={`/groups/${id}`} title={<Said>{called}</Said>} />
        ))}
      </Part>
      <Part title="Service accounts" part={serviceAccounts} none="no service account">
        {serviceAccounts.items.map(({ id, name: called, purpose, expiresAt }) => (
          <Line key={id} href={`/service-accounts/${id}`} title={<Said>{called}</Said>} about={<Said>{purpose}</Said>}>
            <Ago at={expiresAt} />
          </Line>
        ))}
      </Part>
    </div>
  )
}

interface PartProps {
  readonly title: string
  readonly part: { readonly total: number; readonly items: readonly unknown[] }
  /** The list with all of them. */
  readonly rest?: string
  readonly none: string
  readonly children: ReactNode
}

function Part({ title, part: { total, items }, rest, none, children }: PartProps) {
  return (
    <Panel
      title={title}
      aside={countText(total)}
      place="span-4"
      flush
      more={rest !== undefined && total > items.length ? <Link href={rest}>All {countText(total)}</Link> : undefined}
    >
      {items.length === 0 ? (
        <p className="panel-body muted">Has {none}.</p>
      ) : (
        <ul className="list-lines">{children}</ul>
      )}
    </Panel>
  )
}

interface LineProps {
  readonly href: string
  readonly title: ReactNode
  readonly about?: ReactNode
  /** A state, at the end. */
  readonly children?: ReactNode
}

function Line({ href, title, about, children }: LineProps) {
  return (
    <li>
      <div className="stack grow">
        <Link className="medium quiet-link" href={href}>
          {title}
        </Link>
        {about === undefined ? null : <span className="small muted">{about}</span>}
      </div>
      {children === undefined ? null : <span className="small">{children}</span>}
    </li>
  )
}

function seenState(state: HumanSummary['agents']['items'][number]['state'], running: boolean): StateName {
  if (state === 'blocked') return 'blocked'
  if (state === 'unknown') return 'unregistered'
  return running ? 'running' : 'installed'
}
