import { hangSafeFiles } from '../../../src/system/mounts/hang-safe-files.ts'
import { type WindowsDrive, windowsMounts } from '../../../src/system/mounts/windows.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const DRIVES: readonly WindowsDrive[] = [
  { path: 'C:\\', kind: 3, device: '\\Device\\HarddiskVolume3' },
  { path: 'D:\\', kind: 5, device: '\\Device\\CdRom0' },
  { path: 'E:\\', kind: 2, device: '\\Device\\HarddiskVolume9' },
  { path: 'G:\\', kind: 3, device: '\\Device\\Volume{11111111-2222-3333-4444-555555555555}' },
  { path: 'H:\\', kind: 6, device: '\\Device\\Ramdisk0' },
  { path: 'S:\\', kind: 3, device: '\\??\\C:\\Users\\ann' },
  { path: 'U:\\', kind: 4, device: '\\Device\\P9Rdr\\;U:00000000000abcde\\wsl.localhost\\Debian' },
  { path: 'W:\\', kind: 99, device: '' },
  { path: 'Z:\\', kind: 4, device: '\\Device\\LanmanRedirector\\;Z:0000000000012345\\server\\share' },
  { path: 'C:\\mnt\\Usb\\', kind: 2, device: '\\\\?\\Volume{11111111-2222-3333-4444-555555555555}\\' },
  { path: 'C:\\data\\', kind: 3, device: '\\\\?\\Volume{21111111-2222-3333-4444-555555555555}\\' },
]
const FOREIGN = [
  ['C:/mnt/Usb', 'removable'],
  ['D:', 'cdrom'],
  ['E:', 'removable'],
  ['G:', 'user-served'],
  ['H:', 'ramdisk'],
  ['S:', 'substituted'],
  ['U:', 'wsl'],
  ['W:', 'unknown'],
  ['Z:', 'network'],
]

const mounts = windowsMounts({ addon: { drives: () => DRIVES } })

test('all but fixed drives may never answer, and each says what it is', () => {
  expect([...mounts.hanging()]).toEqual(FOREIGN)
  expect(mounts.userServed()).toEqual([{ mountPoint: 'G:', type: 'user-served' }])
})

test.each([
  ['C:/Users/ann', undefined],
  ['C:/mnt', undefined],
  ['C:/mnt/usb/x', 'C:/mnt/Usb'],
  ['C:/MNT/USB', 'C:/mnt/Usb'],
  ['C:/mnt/usbs', undefined],
  ['C:/data/x', undefined],
  ['Z:/', 'Z:'],
  ['Z:/x/y', 'Z:'],
])('on the way to %s is %s', (path, mountPoint) => {
  expect(mounts.local()?.onWayTo(path)?.mountPoint).toBe(mountPoint)
})

test.each([
  ['C:/', ['C:/mnt/Usb']],
  ['C:/mnt', ['C:/mnt/Usb']],
  ['c:/MNT', []],
  ['C:/Mnt', ['C:/mnt/Usb']],
  ['C:/mnt/Usb', []],
  ['C:/Users', []],
  ['Z:/', []],
])('below %s lies %j', (path, points) => {
  expect(
    mounts
      .local()
      ?.below(path)
      .map(({ mountPoint }) => mountPoint),
  ).toEqual(points)
})

test('drives are asked for again after a moment', () => {
  let nowMs = 0
  let drives = DRIVES
  const later = windowsMounts({ addon: { drives: () => drives }, nowMs: () => nowMs })
  expect(later.hanging().size).toBe(FOREIGN.length)
  drives = []
  nowMs = 999
  expect(later.hanging().size).toBe(FOREIGN.length)
  nowMs = 1_000
  expect(later.hanging().size).toBe(0)
})

test('drives that Windows does not tell are not taken for fixed ones', () => {
  const silent = windowsMounts({
    addon: {
      drives() {
        throw new Error('error 5')
      },
    },
  })
  expect(codeOfCall(() => silent.hanging())).toBe('FILE_UNREADABLE')
  expect([silent.local(), silent.userServed()]).toEqual([undefined, []])
})

test.each([
  ['Z:/share/x', 'FILE_UNREADABLE'],
  ['C:/MNT/usb/x', 'FILE_UNREADABLE'],
  ['U:/home/ann', 'FILE_UNREADABLE'],
  ['C:/Windows/x', 'reached'],
  ['C:/mnt', 'reached'],
])('a file of the system at %s: %s', async (path, outcome) => {
  const reached = () => Promise.reject(Object.assign(new Error(), { code: 'reached' }))
  const files = hangSafeFiles(
    { read: reached, readText: reached, list: reached, stat: reached, realPath: reached },
    mounts.hanging,
  )
  const read = files.readText(path, { maxBytes: 1 })
  if (outcome === 'reached') await expect(read).rejects.toMatchObject({ code: 'reached' })
  else expect(await codeThrown(() => read)).toBe(outcome)
})
