import { refusedRight } from '../../src/base/refused-right.ts'

test.each([
  [1000, 'only root may read the firewall rules'],
  [undefined, 'only root may read the firewall rules'],
  [0, 'suretyd runs as root, but may not read the firewall rules: it lacks CAP_NET_ADMIN, as in a container'],
])('what the kernel refuses to user %s', (userId, words) => {
  expect(refusedRight('read the firewall rules', 'CAP_NET_ADMIN', userId)).toBe(words)
})
