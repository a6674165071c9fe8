/** Blocks the event loop, as when the process is stopped or the machine is busy. */
export function blockThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
