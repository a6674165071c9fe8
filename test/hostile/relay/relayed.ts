import type { RunningDirectory } from '../../support/directory/running-directory.ts'
import type { ScriptedDevice } from '../../support/directory/scripted-device.ts'

/** The same device, with its keys and its id, as it would speak to another directory. */
export function speakingTo(directory: RunningDirectory, device: ScriptedDevice): ScriptedDevice {
  return Object.assign(device.clone(), { init: directory.device().init })
}
