/** Memory limit of a reader, whatever a home holds. A reader that needs more dies, and that is reported. */
const READER_HEAP_MIB = 512

/** Flags of the reader child. Its code cache is built with them, because V8 rejects a cache that was made with other flags. */
export const READER_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  // Other programs of that user could make Node listen for a debugger, and read what was found.
  '--disable-sigusr1',
  `--max-old-space-size=${READER_HEAP_MIB}`,
] as const
