/** What tests draw by chance comes from it: another one each time, unless `TEST_SEED` gives it. Each test prints it. */
export const TEST_SEED = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)
