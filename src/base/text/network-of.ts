/** The network of an address, for counting clients: an IPv4 address itself, or an IPv6 /64, which one customer usually has. */
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
