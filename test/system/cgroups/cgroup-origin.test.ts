import { groupOfOrigin, originName } from '../../../src/system/cgroups/cgroup-origin.ts'

const FITS = 'f'.repeat(254)

test.each([
  ['/', '/'],
  ['/user.slice', '/user.slice'],
  ['/user.slice/user-1000.slice', '/user.slice/user-1000.slice'],
  ['/user.slice/a|b', '/user.slice'],
  ['/user.slice/a|b/c', '/user.slice'],
  ['/user.slice/|', '/user.slice'],
  ['/a|b', '/'],
  [`/${FITS}`, `/${FITS}`],
  [`/${FITS}f`, '/'],
  [`/u/${FITS}`, '/u'],
  // Bytes count, not letters.
  [`/u/${'ü'.repeat(126)}`, `/u/${'ü'.repeat(126)}`],
  [`/u/${'ü'.repeat(127)}`, '/u'],
])('what was in %s is put back into %s', (group, place) => {
  const name = originName(group)
  expect(groupOfOrigin(name)).toBe(place)
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
})
