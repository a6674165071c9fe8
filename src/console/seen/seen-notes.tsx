import { Link } from 'wouter'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import type { AgentSighting } from '../../protocol/sighting.ts'
import { Icon } from '../parts/icon.tsx'
import { Said } from '../parts/said.tsx'
import { Ago } from '../parts/time.tsx'
import { DEVIATION_WORDS } from './seen-words.ts'

interface SeenNotesProps {
  readonly agent: SeenAgentView
  readonly sighting: AgentSighting | undefined
}

/** What a person should know before they decide: who decided already, what holds it, how it acts and how it differs. */
export function SeenNotes({ agent, sighting }: SeenNotesProps) {
  const { autonomy, deviations, workspace } = agent
  const reasons = sighting?.autonomy?.level === 'autonomous' ? sighting.autonomy.because : []
  return (
    <>
      <Decided agent={agent} />
      {sighting?.frozenBy?.map(({ stop, by, reason }) => (
        <div key={stop} className="note note-ice">
          <span className="ice">
            <Icon name="frozen" />
          </span>
          <span>
            <strong>
              FROZEN by <Said>{by}</Said>.
            </strong>{' '}
            <Said>{reason}</Said>
          </span>
          {stop === 'local' ? null : (
            <Link className="link to-end" href={`/stops/${stop}`}>
              See the stop
            </Link>
          )}
        </div>
      ))}
      {autonomy === 'autonomous' ? (
        <div className="note note-warn">
          <span className="warn">
            <Icon name="autonomous" />
          </span>
          <span>
            <strong>Acts without asking.</strong>{' '}
            {reasons.map(({ by, name, path }) => (
              <span key={`${by} ${name}`}>
                {by === 'flag' ? 'It was started with ' : `Its ${by} says so: `}
                <code>
                  <Said>{name}</Said>
                </code>
                {path === undefined ? null : (
                  <>
                    {' '}
                    in{' '}
                    <code>
                      <Said>{path}</Said>
                    </code>
                  </>
                )}
                .{' '}
              </span>
            ))}
            {workspace === undefined ? null : (
              <>
                It works in{' '}
                <code>
                  <Said>{workspace}</Said>
                </code>
                .
              </>
            )}
          </span>
        </div>
      ) : null}
      {sighting?.endOfLife === undefined ? null : (
        <div className="note note-warn">
          <span className="warn">
            <Icon name="zombie" />
          </span>
          <span>
            <strong>Discontinued.</strong>{' '}
            {Date.parse(sighting.endOfLife) < Date.now() ? 'Its maker ended it' : 'Its maker ends it'} on{' '}
            <Said>{sighting.endOfLife}</Said>.
            {sighting.successor === undefined ? null : (
              <>
                {' '}
                Its successor is <Said>{sighting.successor}</Said>.
              </>
            )}
          </span>
        </div>
      )}
      {deviations.length === 0 ? null : (
        <div className="note note-bad">
          <span className="bad">
            <Icon name="warning" />
          </span>
          <div className="stack">
            <strong>It differs from what was registered.</strong>
            <ul className="stack">
              {deviations.map((deviation) => (
                <li key={deviation}>It {DEVIATION_WORDS[deviation]}.</li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </>
  )
}

/** Who decided, so that nobody decides about the same thing twice. */
function Decided({ agent: { state, decision, registration, ignored, stop } }: { readonly agent: SeenAgentView }) {
  if (state === 'ignored' && ignored !== undefined) {
    return (
      <p className="note">
        <Icon name="person" />
        <span>
          <Said>{ignored.byName ?? ignored.by}</Said> ignored it <Ago at={ignored.at} />: <Said>{ignored.reason}</Said>
          {ignored.until === undefined ? null : (
            <>
              , until <Ago at={ignored.until} />
            </>
          )}
        </span>
      </p>
    )
  }
  if (state === 'blocked') {
    return (
      <p className="note note-bad">
        <span className="bad">
          <Icon name="blocked" />
        </span>
        <span>
          Blocked: a stop of its product is in force.
          {stop === undefined ? null : (
            <>
              {' '}
              <Link className="link" href={`/stops/${stop}`}>
                See the stop
              </Link>
            </>
          )}
        </span>
      </p>
    )
  }
  if (registration === undefined) return null
  const by = decision === undefined || decision.by === 'match' ? undefined : (decision.byName ?? decision.by)
  return (
    <p className="note note-ok">
      <span className="ok">
        <Icon name="register" />
      </span>
      <span>
        {by === undefined ? 'It matches' : <Said>{by}</Said>}
        {by === undefined ? ' ' : ' registered this '}
        {by === undefined ? null : <Ago at={decision?.at} />}
        {by === undefined ? null : '. '}
        <Link className="link" href={`/registrations/${registration.id}`}>
          <Said>{registration.name}</Said>
        </Link>
      </span>
    </p>
  )
}
