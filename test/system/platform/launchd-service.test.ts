import { launchdService } from '../../../src/system/platform/darwin.ts'

function serviceOf(announce: (name: string) => number) {
  const warnings: unknown[] = []
  return {
    service: launchdService(
      { log: { warn: (...said) => void warnings.push(said) }, addon: { announce } },
      { isJob: true },
    ),
    warnings,
  }
}

test.each([true, false])('starts the daemon again where launchd started it: %s', (isJob) => {
  const log = { warn: () => undefined }
  expect(launchdService({ log, addon: { announce: () => 0 } }, { isJob }).startsAgain).toBe(isJob)
})

test('posts that the daemon is ready, and that it stops', () => {
  const posted: string[] = []
  const { service, warnings } = serviceOf((name) => {
    posted.push(name)
    return 0
  })
  service.ready()
  service.stopping()
  expect([posted, warnings]).toEqual([['surety.suretyd.ready', 'surety.suretyd.stopping'], []])
})

test.each<[string, () => number]>([
  ['refused', () => 1_000_000],
  [
    'that fails',
    () => {
      throw new Error('no notifyd')
    },
  ],
])('a notification that is %s is a warning and nothing more', (_, announce) => {
  const { service, warnings } = serviceOf(announce)
  service.ready()
  expect(warnings).toHaveLength(1)
})
