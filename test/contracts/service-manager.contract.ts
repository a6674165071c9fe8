import type { ServiceManager } from '../../src/system/platform.ts'

export interface ToldManager extends AsyncDisposable {
  readonly service: ServiceManager
  /** Resolves with all that the service manager was told, in the words of sd_notify(3), once there are `count` messages. */
  received(count: number): Promise<readonly string[]>
}

/** The contract of everything that tells a service manager how the daemon is. */
export function describeServiceManager(
  name: string,
  init: {
    readonly open: () => Promise<ToldManager>
    /** To a service manager that is gone. */
    readonly openGone: () => Promise<ToldManager>
  },
): void {
  describe(`${name} keeps the ServiceManager contract`, () => {
    test('says that the daemon is ready, then that it stops, each once', async () => {
      await using told = await init.open()
      told.service.ready()
      told.service.stopping()
      expect(await told.received(2)).toEqual(['READY=1', 'STOPPING=1'])
    })

    test('does not throw when the service manager is gone', async () => {
      await using gone = await init.openGone()
      expect(() => {
        gone.service.ready()
        gone.service.stopping()
      }).not.toThrow()
    })
  })
}
