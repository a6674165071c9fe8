/** Which tests belong to which command. A pattern is a regular expression that jest looks for in the path. */

/** A start of each program on real parts, in seconds: `npm test` runs these and the unit tests. */
const SMOKE = '/test/smoke/'

/** Only `npm run test:laptop` runs it. */
const LAPTOP = '/test/laptop/'

/** The names of tests that start programs, on Linux or under Wine. */
const PROCESS_TEST = '\\.(process|wine)\\.test\\.ts$'

/**
 * The deep tests, in families that take about equally long: `npm run test:deep`, or one of them by its name. CI runs one a day.
 * A test of no family is a unit test.
 */
export const FAMILIES = {
  system: [processTestsOf('system', 'native', 'gate', 'reader', 'posture', 'checks', 'base'), '/test/support/jest/'],
  daemon: [processTestsOf('daemon', 'discovery', 'config', 'cli', 'keys')],
  directory: [processTestsOf('directory', 'admin', 'command-line', 'tlog'), '/test/second-implementation/'],
  console: [processTestsOf('console')],
  packages: [processTestsOf('installers', 'mdm', 'scripts'), '/test/bench/packages'],
  installed: ['/test/installed/'],
  windows: ['\\.wine\\.test\\.ts$', '/test/windows/'],
  journeys: ['/test/journeys/(?!agents/|browsers/|machines/)'],
  agents: ['/test/journeys/(agents|browsers|machines)/'],
  power: ['/test/faults/power/'],
  kills: ['/test/faults/(kill|stops)/'],
  faults: ['/test/faults/(?!power/|kill/|stops/)'],
  hostile: ['/test/hostile/', '/test/hostile-device/'],
  fuzz: ['/test/fuzz/', '/test/bench/benches'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type Family = keyof typeof FAMILIES

export const FAMILY_NAMES = Object.keys(FAMILIES) as readonly Family[] // of the very names

const DEEP = Object.values(FAMILIES).flat()

/** The unit tests of the directory again, while the first attempt to commit each transaction fails as a conflict. */
export const CONFLICTS = {
  // Slow frames count transactions.
  jest: [
    ...running(['/test/(directory|admin|contracts)/']),
    ...ignoring(['evidence/slow-frames', LAPTOP, SMOKE, ...DEEP]),
  ],
  env: { COMMIT_CONFLICTS: '1' },
} as const

/** Arguments of jest. */
export const SUITES = {
  unit: ignoring([LAPTOP, SMOKE, ...DEEP]),
  test: ignoring([LAPTOP, ...DEEP]),
  deep: running(DEEP),
  all: ignoring([LAPTOP]),
  windows: running(['/test/windows/']),
  installed: running(FAMILIES.installed),
  laptop: running([LAPTOP]),
} as const satisfies Readonly<Record<string, readonly string[]>>

export type Suite = keyof typeof SUITES

/** How much `npm run test:all` draws. The tests that read these say what else they draw. */
export const FULL_DRAWS = {
  POWER_CUT_SHARE: '1',
  POWER_CUT_RESTARTS: '12',
  KILLS: '600',
  STEP_STRIDE: '1',
  STORAGE_FLIPS: '10',
  MODEL_RUNS: '3000',
  MUTATIONS: '300',
  STOP_RUNS: '1000',
  FUZZ_SECONDS: '60',
} as const

/** Tests that take minutes start first, so that none of them runs alone at the end. */
export const SLOW_TESTS: readonly string[] = [
  // These mostly wait.
  'installed/debian-package',
  'journeys/machines/stopped-machine',
  'journeys/agents/agents',
  'faults/tpm/tpm',
  'faults/storage/failing-disk/failing-disk',
  'faults/storage/failing-disk/real-disk',
  'faults/power/directory',
  'faults/kill/kill-nine',
  'faults/stops/killed-at-each-step',
  'journeys/agents/stopped-agents',
  'hostile/floods/flood',
  'faults/model/model',
  'hostile/stops/freezer',
  'faults/soak/soak',
  'hostile/frames/mutation',
  'faults/freeze/freeze',
  'journeys/documents/documented-administration.process',
  'journeys/start/quick-start',
  'faults/power/device',
  'faults/time/clock-off',
  'fuzz/all-kinds',
]

export function argumentsOfFamily(family: Family): readonly string[] {
  return running(FAMILIES[family])
}

/** The families in turn. @param day since 1970. */
export function familyOfDay(day: number): Family {
  return FAMILY_NAMES[day % FAMILY_NAMES.length] ?? 'system'
}

/** @param path from the root of the project, with `/` before it. */
export function familiesOf(path: string): readonly Family[] {
  return FAMILY_NAMES.filter((family) => matches(path, FAMILIES[family]))
}

/** True if the test is in TypeScript, starts programs and is not named so. */
export function isMisnamed(path: string, programs: number): boolean {
  return programs > 0 && path.endsWith('.test.ts') && !matches(path, [PROCESS_TEST, LAPTOP, SMOKE, ...DEEP])
}

function processTestsOf(...folders: readonly string[]): string {
  return `/test/(${folders.join('|')})/.*\\.process\\.test\\.ts$`
}

function running(patterns: readonly string[]): readonly string[] {
  return patterns.map((pattern) => `--testPathPatterns=${pattern}`)
}

function ignoring(patterns: readonly string[]): readonly string[] {
  return ['/node_modules/', ...patterns].map((pattern) => `--testPathIgnorePatterns=${pattern}`)
}

function matches(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => new RegExp(pattern).test(path))
}
