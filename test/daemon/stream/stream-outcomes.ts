import { fakeDirectory, type Script } from '../../support/daemon/fake-directory.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Connects a new device to a directory that follows `script`. @returns its last error, enrolment and warnings. */
export async function outcomeOf(
  script: Script,
): Promise<{ code: string | undefined; enrolment: string; health: string[] }> {
  await using directory = await fakeDirectory(script)
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: directory.enrolment })
  const status = await daemon.untilStatus(({ directory: { lastError } }) => lastError !== undefined)
  return {
    code: status.directory.lastError?.code,
    enrolment: status.enrolment,
    health: status.health.map(({ code }) => code),
  }
}
