import type { AgentSighting } from '../../../protocol/sighting.ts'
import { counted } from '../../data/words.ts'
import { Said } from '../../parts/said.tsx'

/** Its processes, the agent first. */
export function AgentParts({
  sighting: { parts = [], morePartsCount = 0, flags = [] },
}: {
  readonly sighting: AgentSighting
}) {
  return (
    <section className="stack-2" aria-labelledby="runs">
      <h2 id="runs">What it runs</h2>
      {flags.length === 0 ? null : (
        <p className="small muted">
          started with{' '}
          <code>
            <Said>{flags.join(' ')}</Said>
          </code>
        </p>
      )}
      <ul className="stack">
        {parts.map(({ pid, role, executable, because }) => (
          <li key={pid} className="stack">
            <span className="row row-wrap">
              <span className="medium">{pid}</span> {role.replaceAll('-', ' ')}
              <code>
                <Said>{executable}</Said>
              </code>
            </span>
            <span className="small muted">
              <Said>{because}</Said>
            </span>
          </li>
        ))}
      </ul>
      {morePartsCount === 0 ? null : (
        <p className="muted small">and {counted(morePartsCount, 'more process', 'more processes')}</p>
      )}
    </section>
  )
}
