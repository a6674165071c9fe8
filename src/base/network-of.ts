/** The network that a peer's address stands for when peers are counted: one customer usually has a whole IPv6 /64. */
export function networkOf(address: string): string {
  const bare = address.split('%', 1)[0] ?? address
  // `::ffff:192.0.2.1` is an IPv4 address.
  return bare.includes(':') && !bare.includes('.') ? groupsOf(bare).slice(0, 4).join(':') : bare
}

function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = address.split('::', 2)
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array<string>(zeros).fill('0'), ...right]
}
