/** What the evidence child says: what it has on disk, what it was told, and what should not have happened. */
export type ChildLine =
  | { readonly said: 'kept' | 'acknowledged'; readonly sequence: number; readonly hash: string }
  | { readonly said: 'drained'; readonly sequence: number }
  | { readonly said: 'ended'; readonly code: string; readonly message: string }
  | { readonly said: 'warning' | 'failure'; readonly message: string; readonly fields?: object | undefined }
