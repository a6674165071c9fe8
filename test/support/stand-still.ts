/** Nothing of this process turns meanwhile, as when it is stopped, or others have the machine. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
