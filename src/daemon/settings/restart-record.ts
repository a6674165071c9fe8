import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { closed, reader, Type } from '../../base/schema.ts'
import { type StateFileComponents, stateFile } from '../state/state-file.ts'

/** Says over a restart that it was for changed settings: `settings-restart.json` of the state folder is there, or it is not. */
export interface RestartRecord {
  /** The record is there. */
  readonly isSet: boolean
  /** Durable once resolved. @throws `STORE_FAILED`. */
  set(): Promise<void>
  remove(): Promise<void>
}

const FILE = 'settings-restart.json'
const recordReader = reader(closed({ schema: Type.Literal('surety/settings-restart@1') }), { name: FILE })

/** A damaged record is set aside and counts as none. @throws `STORE_FAILED`, `FILE_UNREADABLE`. */
export async function openRestartRecord(
  components: StateFileComponents,
  { stateFolder }: { readonly stateFolder: string },
): Promise<RestartRecord> {
  const file = stateFile(components, { folder: stateFolder, name: FILE, reader: recordReader })
  let isSet = (await file.read()) !== undefined
  return {
    get isSet() {
      return isSet
    },
    async set() {
      await file.write({ schema: 'surety/settings-restart@1' })
      isSet = true
    },
    async remove() {
      await rm(join(stateFolder, FILE), { force: true })
      isSet = false
    },
  }
}
