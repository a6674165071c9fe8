/** The child of `windows-probe.ts`. */
import { createRequire } from 'node:module'
import { becomeWindowsUser, type WindowsRightsAddon } from '../../../src/system/privileges/windows.ts'

const addon: WindowsRightsAddon & { ownToken(): { userId: string; isAdministrator: boolean } } = createRequire(
  import.meta.url,
)(process.argv[2] ?? '')
const before = addon.ownToken()
const { userId } = before

function attempt(id: string): string {
  try {
    return becomeWindowsUser(addon, { id })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const tried = {
  before,
  own: attempt(userId),
  other: attempt('S-1-5-21-9-9-9-1001'),
  left: addon.restrictedEnter(),
  environment: Object.keys(process.env).toSorted(),
  folder: process.cwd(),
}
process.stdout.write(JSON.stringify(tried))
