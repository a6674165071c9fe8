type Capability = 'CAP_NET_ADMIN' | 'CAP_SYS_ADMIN' | 'CAP_MAC_ADMIN'

/**
 * Why the kernel refused. Root in a container can lack a capability: then the reason names it, since `run it as root` would not help.
 *
 * @param act what was refused: `read the firewall rules`.
 * @param userId under which this program runs.
 */
export function refusedRight(act: string, capability: Capability, userId: number | undefined): string {
  return userId === 0
    ? `suretyd runs as root, but may not ${act}: it lacks ${capability}, as in a container`
    : `only root may ${act}`
}
