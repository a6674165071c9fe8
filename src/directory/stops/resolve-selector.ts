import { SuretyError } from '../../base/errors.ts'
import type { AgentSelector } from '../../protocol/api/stops.ts'

export interface SelectorStore {
  readonly registrations: { get(id: string): unknown }
  readonly humans: { get(id: string): unknown; named(text: string): { readonly id: string } | undefined }
  readonly groups: {
    get(id: string): { readonly deletedAt?: number | undefined } | undefined
    byName(name: string): { readonly id: string } | undefined
  }
}

/** Humans and groups by their ids. @throws `NOT_FOUND` for what the register does not have. */
export function resolveSelector(store: SelectorStore, selector: AgentSelector): AgentSelector {
  const { registration, human, group } = selector
  if (registration !== undefined && store.registrations.get(registration) === undefined) {
    throw new SuretyError('NOT_FOUND', `there is no registered agent ${registration}`)
  }
  if (human !== undefined) return { ...selector, human: humanOf(store, human) }
  return group === undefined ? selector : { ...selector, group: groupOf(store, group) }
}

/** Also one who was deleted, by id: what they left behind may still run. */
function humanOf({ humans }: SelectorStore, text: string): string {
  const id = humans.get(text) === undefined ? humans.named(text)?.id : text
  if (id !== undefined) return id
  throw new SuretyError('NOT_FOUND', `there is no human ${JSON.stringify(text)}, or there are several: give the id`)
}

function groupOf({ groups }: SelectorStore, text: string): string {
  const known = groups.get(text)
  if (known !== undefined && known.deletedAt === undefined) return text
  const named = groups.byName(text)
  if (named !== undefined) return named.id
  throw new SuretyError('NOT_FOUND', `there is no group ${JSON.stringify(text)} of humans`)
}
