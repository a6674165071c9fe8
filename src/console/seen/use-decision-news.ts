import { useRef } from 'react'
import { type Act, useAct } from '../data/use-act.ts'
import { toast } from '../parts/toast.tsx'

/** What was decided, in words, and the way back where there is one. */
export interface Decision {
  readonly text: string
  readonly undo?: Act
}

/** Says what was decided, and takes the last decision back. */
export function useDecisionNews() {
  const last = useRef<Act>(undefined)
  const undoing = useAct({ onDone: () => toast('Undone. It waits in the inbox again.') })
  const takeBack = (undo: Act) => {
    last.current = undefined
    undoing.mutate(undo, { onError: ({ message }) => toast(message) })
  }
  return {
    tell({ text, undo }: Decision) {
      last.current = undo
      toast(text, undo === undefined ? undefined : () => takeBack(undo))
    },
    /** Nothing happens if there is nothing to take back. */
    undo() {
      if (last.current !== undefined) takeBack(last.current)
    },
  }
}
