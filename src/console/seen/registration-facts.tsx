import { Link } from 'wouter'
import type { RegistrationView } from '../../protocol/nouns/agents/registrations.ts'
import { Avatar } from '../parts/avatar.tsx'
import { Fact } from '../parts/fact.tsx'
import { Said } from '../parts/said.tsx'
import { Status } from '../parts/status.tsx'
import { Ago, useNow } from '../parts/time.tsx'

/** Who answers for a registered agent, what it is for, and what it may do. */
export function RegistrationFacts({ registration }: { readonly registration: RegistrationView }) {
  const { owner, ownerName, successor, successorName, successorAcceptedAt, contact, purpose, scope } = registration
  const { expiresAt, reviewAt, autonomyCeiling, versions, single, usedAt } = registration
  const { workspaces = [], applications, dataSets, tools } = scope
  return (
    <dl className="facts facts-narrow">
      <Fact name="Owner">
        {owner === undefined ? (
          <Status of="unregistered">nobody</Status>
        ) : (
          <span className="row">
            <Avatar name={ownerName ?? owner} />
            <Link className="link" href={`/people/${owner}`}>
              <Said>{ownerName ?? owner}</Said>
            </Link>
          </span>
        )}
      </Fact>
      <Fact name="Successor">
        {successor === undefined ? (
          <span className="faint">none: it is stopped when the owner leaves</span>
        ) : (
          <>
            <Link className="link" href={`/people/${successor}`}>
              <Said>{successorName ?? successor}</Said>
            </Link>{' '}
            <span className="faint">
              {successorAcceptedAt === undefined ? (
                'has not accepted'
              ) : (
                <>
                  accepted <Ago at={successorAcceptedAt} />
                </>
              )}
            </span>
          </>
        )}
      </Fact>
      <Fact name="Contact">
        {contact === undefined ? undefined : (
          <Link className="link" href={`/people/${contact}`}>
            <Said>{contact}</Said>
          </Link>
        )}
      </Fact>
      <Fact name="Purpose">
        <Said>{purpose}</Said>
      </Fact>
      <Fact name="Ends">
        {expiresAt === undefined ? <span className="faint">not set</span> : <Due at={expiresAt} />}
      </Fact>
      <Fact name="Review">{reviewAt === undefined ? undefined : <Due at={reviewAt} />}</Fact>
      <Fact name="May act">
        {autonomyCeiling === undefined
          ? 'in any way'
          : autonomyCeiling === 'asks'
            ? 'only if it asks'
            : 'without asking'}
      </Fact>
      <Fact name="Versions">{versions === undefined ? undefined : <Said>{versions.join(' or ')}</Said>}</Fact>
      <Fact name="Instances">{single ? 'only one at a time' : undefined}</Fact>
      <Fact name="Works in">{listed(workspaces)}</Fact>
      <Fact name="Applications">{listed(applications)}</Fact>
      <Fact name="Data sets">{listed(dataSets)}</Fact>
      <Fact name="Tools">{listed(tools)}</Fact>
      <Fact name="Last used">{usedAt === undefined ? undefined : <Ago at={usedAt} />}</Fact>
    </dl>
  )
}

function listed(texts: readonly string[]) {
  return texts.length === 0 ? undefined : <Said>{texts.join(', ')}</Said>
}

/** A day that is over, or soon is, stands out. */
function Due({ at }: { readonly at: number }) {
  const now = useNow()
  if (at - now > SOON_MS) return <Ago at={at} />
  return (
    <Status of={at < now ? 'not-compliant' : 'stale'}>
      <Ago at={at} />
    </Status>
  )
}

const SOON_MS = 30 * 86_400_000
