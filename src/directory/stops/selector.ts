import { SuretyError } from '../../base/errors.ts'
import type { AgentSelector, StopRequest } from '../../protocol/nouns/agents/stops.ts'

/** @throws `INPUT_MALFORMED` for what no order can say, and for everything by omission. */
export function requireSelector({ kind, selector }: Pick<StopRequest, 'kind' | 'selector'>): void {
  const { all, device, agent, product, user, registration, human, group } = selector
  const local = [agent, product, user].filter((one) => one !== undefined)
  const ofRegister = [registration, human, group].filter((one) => one !== undefined)
  const chosen = [...local, ...ofRegister]
  if (agent !== undefined && local.length > 1) throw malformed('agent goes with no product and no user')
  if (ofRegister.length > 0 && chosen.length > 1) {
    throw malformed('registration, person and group go with nothing else but a device')
  }
  if (all === true && (device !== undefined || chosen.length > 0)) {
    throw malformed('all goes with no other selector')
  }
  if (all !== true && device === undefined && chosen.length === 0) {
    throw malformed('select all, a device, an agent, a product, a user, a registration, a person or a group')
  }
  if (agent !== undefined && device === undefined) throw malformed('an agent runs on one device: name the device too')
  if (kind === 'drill' && chosen.length > 0) throw malformed('a drill is of all devices or of one')
}

function malformed(message: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', message)
}

/** For the record and for people. */
export function selectorWords(selector: AgentSelector): string {
  const { all, device, agent, product, user, registration, human, group } = selector
  if (all === true) return 'all'
  const on = device === undefined ? '' : ` on ${device}`
  if (registration !== undefined) return `registration ${registration}${on}`
  if (human !== undefined) return `person ${human}${on}`
  if (group !== undefined) return `group ${group}${on}`
  if (agent !== undefined) return `agent ${agent}${on}`
  if (product !== undefined) return `product ${product}${user === undefined ? '' : ` of user ${user}`}${on}`
  if (user !== undefined) return `user ${user}${on}`
  return `device ${device}`
}
