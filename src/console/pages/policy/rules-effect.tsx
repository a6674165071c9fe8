import { Link } from 'wouter'
import type { RulesTest } from '../../../protocol/nouns/directory/rules.ts'
import { counted, countText } from '../../data/words.ts'
import { Said } from '../../parts/said.tsx'
import { LineButton } from './editor.tsx'
import type { EffectProps } from './text-noun.ts'

/** Agents that are named. The counts are of all. */
const SHOWN = 8

const ACTION_WORDS: Readonly<Record<RulesTest['rules'][number]['action'], string>> = {
  register: 'registers',
  quarantine: 'quarantines',
  block: 'blocks',
  ask: 'leaves to a person',
}

/** What rules would decide about the agents that are there now. */
export function RulesEffect({ test, onLine }: EffectProps<RulesTest>) {
  const { agents, unknown, rules, undecided, changes } = test
  const decided = decidedBy(test)
  return (
    <div className="stack-4">
      <p className="muted">
        {counted(agents, 'agent is', 'agents are')} there now, {countText(unknown)} of them unregistered. No rule
        decides about {countText(undecided)} of those.
      </p>
      {rules.length === 0 ? null : (
        <table className="table table-compact">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">Does</th>
              <th scope="col" className="number">
                Agents
              </th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <tr key={rule.rule}>
                <td>
                  <LineButton line={rule.line} onLine={onLine} /> <Said>{rule.rule}</Said>
                  <p className="muted small">{besides(rule)}</p>
                </td>
                <td>{ACTION_WORDS[rule.action]}</td>
                <td className="number">{countText(rule.decides)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <ul className="stack small">
        {changes.slice(0, SHOWN).map(({ agent, item, hostname, device, user, rule, action }) => (
          <li key={agent}>
            <Link className="link" href={`/inbox/${agent}`}>
              <Said>{item}</Said>
            </Link>{' '}
            on <Said>{hostname ?? device}</Said>
            <span className="muted">
              {user === undefined ? null : (
                <>
                  {' '}
                  · <Said>{user}</Said>
                </>
              )}{' '}
              · <Said>{rule}</Said> {ACTION_WORDS[action]} it
            </span>
          </li>
        ))}
        {decided > SHOWN ? <li className="muted">and {countText(decided - SHOWN)} more</li> : null}
      </ul>
    </div>
  )
}

/** Agents that a rule fits and that it would do nothing about. */
function besides({ withoutOwner, fitsDecided }: RulesTest['rules'][number]): string | undefined {
  const parts = [
    ...(withoutOwner === 0 ? [] : [`${countText(withoutOwner)} without an owner, which stay unregistered`]),
    ...(fitsDecided === 0 ? [] : [`${countText(fitsDecided)} more, decided about before`]),
  ]
  return parts.length === 0 ? undefined : parts.join('; ')
}

/** Agents that rules would register, quarantine or block. */
export function decidedBy({ rules }: RulesTest): number {
  return rules.filter(({ action }) => action !== 'ask').reduce((sum, { decides }) => sum + decides, 0)
}
