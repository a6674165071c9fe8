import { join } from 'node:path'
import { type Log, silentLog } from '../../../../src/base/log.ts'
import { chooseVersion } from '../../../../src/daemon/updates/choose-version.ts'
import { updateRecordFile } from '../../../../src/daemon/updates/update-record.ts'
import { verifyVersion } from '../../../../src/daemon/updates/version-files.ts'
import { type TestUpdatesInit, testUpdates } from '../../../support/updates/test-updates.ts'
import { type Line, lastDone } from '../said.ts'

const clock = { now: () => Date.now() }

export const updatesFor = (init: TestUpdatesInit) => testUpdates(init)

/** What the installed program would become. */
export function chooseFor(folder: string, log: Log = silentLog) {
  return chooseVersion({ clock, log }, { stateFolder: join(folder, 'state'), installed: '1.0.0' })
}

/**
 * @param newest where the newest version is offered.
 * @returns what is wrong with a device whose power was cut while it took an update: what it starts is whole and is not older than what
 * it had selected, nothing it had is called damaged, and the next check brings the newest version.
 */
export async function checkUpdates(
  folder: string,
  said: readonly Line[],
  newest: { readonly url: string; readonly root: string },
): Promise<string[]> {
  const wrong: string[] = []
  const damaged: unknown[] = []
  const stateFolder = join(folder, 'state')
  const record = await updateRecordFile({ clock, onSetAside: (_, cause) => damaged.push(cause) }, stateFolder)
    .read()
    .catch((error: unknown) => void damaged.push(error))
  if (damaged.length > 0) wrong.push(`half-written: the record: ${damaged}`)
  const errors: string[] = []
  const log: Log = { ...silentLog, error: (message, fields) => void errors.push(`${message}: ${fields?.reason}`) }
  const chosen = await chooseFor(folder, log)
  const { done, possible } = lastDone(said, 'selected')
  const allowed = possible.map(({ text }) => text)
  if (!(chosen === undefined ? done === undefined : allowed.includes(chosen.version))) {
    wrong.push(`lost: ${chosen?.version} would be started, and not ${allowed}: ${errors}`)
  }
  for (const { version, release } of record?.versions ?? []) {
    await verifyVersion(join(stateFolder, 'updates', version), release).catch((error: unknown) =>
      wrong.push(`half-written: version ${version}: ${error}`),
    )
  }
  const updates = await updatesFor({
    folder,
    from: newest,
    version: chosen?.version ?? '1.0.0',
    isUpdate: chosen !== undefined,
  })
  await updates.ask()
  if (updates.code() !== undefined) wrong.push(`stuck: ${updates.view().lastError?.message}`)
  const last = (await chooseFor(folder))?.version
  if (last !== '1.2.0') wrong.push(`stuck: ${last} in place of the newest version`)
  return wrong
}
