const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Within this time a second signal is the same key: a terminal signals all of its programs, and npm passes it on too. */
const SAME_KEY_MS = 500

/**
 * Calls `first` at the first Ctrl-C or its like, which asks for a clean end. A later one does what it does to a program
 * without a handler. Disposed, it hears none.
 */
export function onEndSignal(first: (name: NodeJS.Signals) => void): Disposable {
  let since: number | undefined
  const onSignal = (name: NodeJS.Signals) => {
    if (since === undefined) {
      since = performance.now()
      first(name)
    } else if (performance.now() - since > SAME_KEY_MS) {
      unheard()
      process.kill(process.pid, name)
    }
  }
  const unheard = () => {
    for (const name of SIGNALS) process.off(name, onSignal)
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  return { [Symbol.dispose]: unheard }
}
