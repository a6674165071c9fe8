import { toBase64Url } from '../../../base/bytes.ts'
import type { ActionReport } from '../../../protocol/gate/action.ts'
import { isHookClient } from '../../../protocol/gate/hook-clients.ts'
import type { Sighting } from '../../../protocol/sighting.ts'
import { drawOf } from './draw.ts'

/** What made-up agents asked the gates of their devices for. */

const MOST_BETWEEN_MS = 90_000
type Made = Pick<ActionReport, 'tool'> & Partial<ActionReport>

const USUAL: readonly (Made & { readonly weight: number })[] = [
  { weight: 8, tool: { kind: 'read', name: 'Read' }, outcome: 'done' },
  { weight: 6, tool: { kind: 'shell', name: 'Bash' }, outcome: 'done' },
  { weight: 5, tool: { kind: 'write', name: 'Edit' }, outcome: 'done' },
  { weight: 2, tool: { kind: 'shell', name: 'Bash' }, outcome: 'failed' },
  { weight: 2, tool: { kind: 'network', name: 'WebFetch' }, shadow: ['network-after-secret'], outcome: 'done' },
  { weight: 2, tool: { kind: 'mcp', name: 'create_issue', server: 'tracker' }, outcome: 'done' },
]
/** One of each session, by a rule of the gate policy of the first day. */
const DENIED: readonly Made[] = [
  { tool: { kind: 'shell', name: 'Bash' }, decision: 'denied', rules: ['rewrites-history'] },
  { tool: { kind: 'shell', name: 'Bash' }, decision: 'denied', rules: ['whole-disk'] },
  { tool: { kind: 'write', name: 'Write' }, decision: 'denied', rules: ['keys-of-people'] },
]

/** @param before they happened before then. */
export function madeUpActions(host: string, sightings: readonly Sighting[], before: number): ActionReport[] {
  return sightings.flatMap((sighting) => {
    if (sighting.kind !== 'agent' || sighting.state !== 'running' || sighting.user === undefined) return []
    const { catalogueId: client = '', user, id: agent } = sighting
    if (!isHookClient(client)) return []
    const draw = drawOf('actions', host, agent, before)
    const session = draw.hex(32)
    const count = draw.between(3, 12)
    const denied = draw.between(0, count - 1)
    let time = before - count * MOST_BETWEEN_MS
    return Array.from({ length: count }, (_, at): ActionReport => {
      time += draw.between(5_000, MOST_BETWEEN_MS)
      const { weight: _weight, ...usual } = { weight: 0, ...(at === denied ? draw.pick(DENIED) : draw.weighted(USUAL)) }
      return {
        id: `act_${toBase64Url(draw.bytes(16))}`,
        time,
        client,
        session,
        hash: toBase64Url(draw.bytes(32)),
        user,
        agent,
        decision: 'allowed',
        rules: [],
        ...usual,
      }
    })
  })
}
