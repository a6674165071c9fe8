/** So many looks at all processes in a row find what nobody told, with nothing told between them: one may be a moment too early. */
const SILENT_LOOKS = 2

/** Whether looks at all processes find what events had told, and whether events come at all. */
export class LooksAndEvents {
  #told = 0
  #toldUntilLast: number | undefined
  #isWhole = false
  #isAmiss = false
  #silentLooks = 0

  /** The last look found nothing else than was told. */
  get agree(): boolean {
    return !this.#isAmiss
  }

  /** Nothing is told any more, though it should be. */
  get isDeaf(): boolean {
    return this.#silentLooks >= SILENT_LOOKS
  }

  /** Events are followed anew. */
  follow(): void {
    this.#silentLooks = 0
    this.#toldUntilLast = undefined
  }

  /** @param told `Told.all`. @param isWhole nothing was missed until now. */
  begins({ told, isWhole }: { readonly told: number; readonly isWhole: boolean }): void {
    this.#told = told
    this.#isWhole = isWhole
    this.#isAmiss = !isWhole
  }

  /** It found what should have been told. */
  amiss(): void {
    this.#isAmiss = true
  }

  ends({ told }: { readonly told: number }): void {
    const isSilent = this.#isWhole && this.#isAmiss && this.#told === this.#toldUntilLast
    this.#silentLooks = isSilent ? this.#silentLooks + 1 : 0
    this.#toldUntilLast = told
  }
}
