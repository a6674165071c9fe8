/** What Windows says about itself. `facts/windows.ts` asks the system; tests use `test/support/platforms/recorded-windows.ts`. */
export interface WindowsFacts {
  readonly registry: Registry
  /**
   * The instances that a query names.
   *
   * @param query in WQL, a constant of ours.
   * @returns undefined when WMI has no such namespace or class.
   * @throws `COMMAND_TIMED_OUT`, `COMMAND_OUTPUT_TOO_LARGE`, `COMMAND_FAILED`.
   */
  query(namespace: string, query: string, options: AskOptions): Promise<readonly WmiRow[] | undefined>
  /** What a method that takes nothing answers. @throws as `query`; `COMMAND_ABSENT` when there is no such instance or method. */
  call(instance: WmiInstance, method: string, options: AskOptions): Promise<WmiRow>
  /** A variable of UEFI in its global namespace. @throws `NOT_PERMITTED`, `COMMAND_FAILED`. */
  firmwareVariable(name: string): Uint8Array | 'no-uefi' | 'absent'
  /** The version of the TPM that Windows uses. @throws `COMMAND_FAILED`, `COMMAND_ABSENT` without TPM Base Services. */
  tpmVersion(): 'none' | '1.2' | '2.0'
  /** Nothing is searched in the network. May be an hour old. @throws as `query`. */
  pendingUpdates(options: AskOptions): Promise<PendingUpdates>
  /** Those of this machine; empty where Windows lists none. @throws as `query`. */
  accounts(options: AskOptions): Promise<readonly WindowsAccount[]>
  /** The members of the group Administrators. @throws as `query`. */
  administrators(options: AskOptions): Promise<readonly WindowsMember[]>
  /** The rules of AppLocker that hold here, as XML. @throws as `CommandRunner.run`. */
  appLockerPolicy(options: AskOptions): Promise<string>
}

export interface AskOptions {
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

export type RegistryKey = `HKLM\\${string}` | `HKU\\${string}` | 'HKU'

/** Undefined: the key or value is absent. @throws `FILE_UNREADABLE`, `FILE_TOO_LARGE`, `INPUT_MALFORMED` for another type or size. */
export interface Registry {
  /** A DWORD or QWORD. */
  number(key: RegistryKey, name: string): number | undefined
  /** A text without its closing NUL; variables in it are not expanded. */
  text(key: RegistryKey, name: string): string | undefined
  /** Names of the keys below it. */
  keys(key: RegistryKey): readonly string[] | undefined
  /** All values of the key. @throws `FILE_TOO_LARGE` for more than 1,024 values, or a value of more than 64 KiB. */
  values(key: RegistryKey): readonly RegistryValue[] | undefined
}

export interface RegistryValue {
  readonly name: string
  /** As Windows names it, such as `REG_DWORD`. */
  readonly type: string
  /** Of REG_SZ, REG_DWORD, REG_QWORD and REG_MULTI_SZ; undefined for any other type. */
  readonly data: string | number | readonly string[] | undefined
}

/** Texts, numbers, booleans, lists of these, and null. Dates and 64-bit numbers are texts. */
export type WmiRow = Readonly<Record<string, unknown>>

export interface WmiInstance {
  readonly namespace: string
  readonly class: string
  /** The property that tells it from others, and its value. */
  readonly key: readonly [name: string, value: string]
}

export interface PendingUpdates {
  readonly updates: readonly PendingUpdate[]
  /** When Windows last searched for updates. Milliseconds since 1970. */
  readonly searchedMs?: number
}

export interface PendingUpdate {
  readonly title: string
  /** Of Microsoft's security response: `Critical`, `Important` and so on. */
  readonly severity?: string
  readonly categories: readonly string[]
  /** Milliseconds since 1970. */
  readonly publishedMs?: number
}

export interface WindowsAccount {
  readonly name: string
  /** The last number of its SID: 500 is the administrator, 501 the guest. */
  readonly rid: number
  readonly isDisabled: boolean
  readonly needsNoPassword: boolean
}

export interface WindowsMember {
  readonly sid: string
  /** Of someone who has a profile here. */
  readonly name?: string
}
