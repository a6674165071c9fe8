/** Who a token of Windows speaks for. */
export interface TokenFacts {
  /** A SID. */
  readonly userId: string
  /** A member of Administrators whose membership counts: with user account control, one that is elevated. */
  readonly isAdministrator: boolean
}

/** See `native/windows/addon/rights/tokens.h`. */
export interface WindowsTokenAddon {
  /** Of this process. */
  ownToken(): TokenFacts
}
