/** Memory limit of a reader, whatever a home holds. A reader that needs more dies, and that is reported. */
const READER_HEAP_MIB = 512

/** What Node runs the reader child with, and its code is compiled with: V8 takes what other flags have made for nothing. */
export const READER_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  // Whoever runs as that user could have Node listen for a debugger, which then says what was found.
  '--disable-sigusr1',
  `--max-old-space-size=${READER_HEAP_MIB}`,
] as const
