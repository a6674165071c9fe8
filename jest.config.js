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
  testEnvironment: '<rootDir>/test/support/environment.js',
  testSequencer: '<rootDir>/test/support/slow-first.js',
  // Twice the cores that it is meant for: half of the suite waits for clocks, TPMs and disks.
  maxWorkers: 4,
  testTimeout: 120_000,
}
