/** Memory limit of the gate, whatever agents ask. One that needs more ends, and is started again. */
const GATE_HEAP_MIB = 512

/** Flags of the gate, a child of the daemon. */
export const GATE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--disable-sigusr1',
  `--max-old-space-size=${GATE_HEAP_MIB}`,
] as const
