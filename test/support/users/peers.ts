import { loadNativeAddon, type NativeAddon } from '../../../src/system/native/native-addon.ts'
import { linuxPeers, ownUserPeers, type Peers } from '../../../src/system/socket/peers.ts'
import { OWN_ID } from './local-user.ts'

/** The addon, where it was built. */
export const addon: NativeAddon | undefined = addonIfBuilt()

/** As the kernel names them; without the addon everyone who may connect counts as our own user. */
export const peers: Peers = addon === undefined ? ownUserPeers(OWN_ID) : linuxPeers(addon)

function addonIfBuilt(): NativeAddon | undefined {
  try {
    return loadNativeAddon()
  } catch (error) {
    process.stderr.write(`peer credentials are not tested: ${error instanceof Error ? error.message : error}\n`)
    return undefined
  }
}
