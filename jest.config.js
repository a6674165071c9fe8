import { scaledMs } from './test/support/machine-speed.ts'

/** ESM, compiled by swc for types only: what runs is what `node` runs. */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024', experimental: { keepImportAttributes: true } },
        module: { type: 'es6' },
      },
    ],
  },
  // Set by `npm run test:deep -- conflicts`.
  moduleNameMapper:
    process.env.COMMIT_CONFLICTS === '1'
      ? { '/sql/sqlite\\.ts$': '<rootDir>/test/support/directory/conflicting-sqlite.ts' }
      : {},
  testEnvironment: '<rootDir>/test/support/jest/environment.js',
  testSequencer: '<rootDir>/test/support/jest/slow-tests-first.js',
  // Twice the cores that it is meant for: half of the suite waits for clocks, TPMs and disks.
  maxWorkers: 4,
  // It ends what hangs, and what waits says earlier what for: see test/support/wait-for.ts.
  testTimeout: scaledMs(600_000),
}
