import { SuretyError } from '../../base/errors.ts'
import { foldName } from '../../base/text/fold-name.ts'
import type { ConfigurationSpecs } from '../../protocol/nouns/directory/configuration.ts'
import { deviceText, preregisteredDevice } from '../../protocol/nouns/enrolment/preregistrations.ts'
import type { PreregistrationStore } from '../enrolment/preregistration-store.ts'
import { keyOf, type Preregistrations } from '../enrolment/preregistrations.ts'
import { type Kind, kindOf, type Present } from './kind.ts'

/** Preregistered devices, named as in a file of owners: `PF3X2Y1Z`, `serial:PF3X2Y1Z`. Which device came is in no document. */

export interface PreregistrationKindComponents {
  readonly store: { readonly preregistrations: Pick<PreregistrationStore, 'list'> }
  readonly preregistrations: Preregistrations
}

const AT_ONCE = 500

export function preregistrationKind({ store, preregistrations }: PreregistrationKindComponents): Kind {
  const put = async (name: string, owner: string, actor: string) => {
    await preregistrations.add([{ ...deviceIn(name), owner }], actor)
  }
  return kindOf('preregistration', {
    reads: 'audit',
    changes: 'operate',
    keyOf: keyOfName,
    async read() {
      const items: Present<ConfigurationSpecs['preregistration']>[] = []
      let cursor: string | undefined
      do {
        const page = await store.preregistrations.list({ limit: AT_ONCE, cursor })
        for (const { id, owner, ...device } of page.items) {
          const name = deviceText(device)
          const key = `${device.kind} ${keyOf(device.kind, device.name)}`
          // A host may be called `serial:x`.
          const isAmbiguous = keyOfName(name) !== key
          items.push({
            key,
            name,
            id,
            spec: { owner },
            ...(isAmbiguous ? { leftOut: 'a file names another device so' } : {}),
          })
        }
        cursor = page.next
      } while (cursor !== undefined)
      return { items, leftOut: [] }
    },
    normal: async (_name, spec) => spec,
    create: (name, { owner }, { by }) => put(name, owner, by.id),
    change: ({ name }, { owner }, _changed, { by }) => put(name, owner, by.id),
    async remove({ id }, { by }) {
      await preregistrations.remove(id, by.id)
    },
    removal: { verb: 'remove', result: 'a device that enrolled with it stays' },
  })
}

/** @throws `INPUT_MALFORMED`. */
function keyOfName(text: string): string {
  const { kind, name } = deviceIn(text)
  return `${kind} ${keyOf(kind, name)}`
}

/** @throws `INPUT_MALFORMED`. */
function deviceIn(text: string) {
  const device = preregisteredDevice(text)
  if (typeof device === 'string') throw new SuretyError('INPUT_MALFORMED', device)
  foldName(device.name)
  return device
}
