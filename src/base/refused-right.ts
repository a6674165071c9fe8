type Capability = 'CAP_NET_ADMIN' | 'CAP_SYS_ADMIN' | 'CAP_MAC_ADMIN'

/**
 * Why the kernel refused. Root of a container may do less than root: it hears which capability it lacks, and nobody sends it to
 * itself.
 *
 * @param act what was refused: `read the firewall rules`.
 * @param userId under which this program runs.
 */
export function refusedRight(act: string, capability: Capability, userId: number | undefined): string {
  return userId === 0
    ? `suretyd runs as root, but may not ${act}: it lacks ${capability}, as in a container`
    : `only root may ${act}`
}
