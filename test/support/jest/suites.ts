/** Which tests belong to which command. A path is relative to the root of the project. */

/** Tests that break, flood, fuzz or soak, those with real agents, and whole programs on Windows: `npm run test:deep`. */
export const DEEP_FOLDERS = [
  ...['test/faults/', 'test/fuzz/', 'test/hostile/', 'test/hostile-device/'],
  ...['test/journeys/agents/', 'test/journeys/machines/', 'test/windows/', 'test/installed/'],
] as const

/** Run by hand: `npm run test:laptop`. */
const BY_HAND_FOLDERS = ['test/laptop/'] as const

/** Tests of whole programs, whatever they are called. */
const PROGRAM_FOLDERS = ['test/journeys/', 'test/second-implementation/', 'test/support/jest/'] as const

/** The ends of names of tests that start programs, on Linux or under Wine. `npm run test:unit` leaves these out. */
const PROCESS_TESTS = ['.process.test.ts', '.wine.test.ts'] as const

/** Arguments of jest. */
export const SUITES = {
  all: ignoring(BY_HAND_FOLDERS),
  unit: ignoring([...BY_HAND_FOLDERS, ...DEEP_FOLDERS, ...PROGRAM_FOLDERS, ...PROCESS_TESTS]),
  test: ignoring([...BY_HAND_FOLDERS, ...DEEP_FOLDERS]),
  deep: DEEP_FOLDERS.map((folder) => `--testPathPatterns=/${folder}`),
  windows: ['--testPathPatterns=/test/windows/'],
  installed: ['--testPathPatterns=/test/installed/'],
  laptop: ['--testPathPatterns=/test/laptop/'],
} as const satisfies Readonly<Record<string, readonly string[]>>

function ignoring(parts: readonly string[]): readonly string[] {
  return ['/node_modules/', ...parts].map((part) => `--testPathIgnorePatterns=${part.replaceAll('.', '\\.')}`)
}

/** True if the test is in TypeScript, starts programs and is not named so. */
export function isMisnamed(path: string, programs: number): boolean {
  if (programs === 0 || !path.endsWith('.test.ts')) return false
  if (PROCESS_TESTS.some((end) => path.endsWith(end))) return false
  return ![...BY_HAND_FOLDERS, ...DEEP_FOLDERS, ...PROGRAM_FOLDERS].some((folder) => path.includes(`/${folder}`))
}
