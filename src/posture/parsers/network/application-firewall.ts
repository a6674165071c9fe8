/** How `socketfilterfw --getglobalstate` numbers them. */
const STATES: Readonly<Record<string, 'off' | 'on' | 'blocks-all'>> = { 0: 'off', 1: 'on', 2: 'blocks-all' }

/** The number counts: the sentence before it is translated. @returns undefined without a number that is known. */
export function parseFirewallState(stdout: string): 'off' | 'on' | 'blocks-all' | undefined {
  const [, number = ''] = /\(State = (\d+)\)/.exec(stdout) ?? []
  return STATES[number]
}
