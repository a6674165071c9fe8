import { type KeyboardEvent, type Ref, useId, useImperativeHandle, useRef } from 'react'
import { Icon } from '../../parts/icon.tsx'
import { Said } from '../../parts/said.tsx'
import type { Fault } from './text-noun.ts'

export interface EditorHandle {
  goTo(line: number): void
}

interface EditorProps {
  readonly label: string
  readonly text: string
  readonly fault?: Fault | undefined
  readonly ref?: Ref<EditorHandle>
  /** Absent: nobody changes it. */
  onChange?(text: string): void
}

/** A field for a text with numbers of lines. Tab leaves it, as any field; Enter keeps the indentation. */
export function Editor({ label, text, fault, ref, onChange }: EditorProps) {
  const id = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  const gutter = useRef<HTMLPreElement>(null)
  const goTo = (line: number) => {
    const { current } = field
    if (current === null) return
    const before = text.split('\n').slice(0, line - 1)
    const start = before.reduce((sum, one) => sum + one.length + 1, 0)
    const end = text.indexOf('\n', start)
    current.focus()
    current.setSelectionRange(start, end < 0 ? text.length : end)
    // Lines before it stay in sight.
    current.scrollTop = (line - 4) * Number.parseFloat(getComputedStyle(current).lineHeight)
    current.scrollLeft = 0
  }
  useImperativeHandle(ref, () => ({ goTo }))
  return (
    <div className="stack-2">
      <div className="editor">
        <pre className="editor-lines" aria-hidden="true" ref={gutter}>
          <Numbers lines={text.split('\n').length} fault={fault?.line} />
        </pre>
        <textarea
          ref={field}
          aria-label={label}
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined ? undefined : `${id}-fault`}
          value={text}
          readOnly={onChange === undefined}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          autoCorrect="off"
          onChange={(event) => onChange?.(event.currentTarget.value)}
          onKeyDown={onChange === undefined ? undefined : keepIndentation}
          onScroll={({ currentTarget }) => {
            if (gutter.current !== null) gutter.current.scrollTop = currentTarget.scrollTop
          }}
        />
      </div>
      {fault === undefined ? null : (
        <p id={`${id}-fault`} className="note note-bad" role="alert">
          <Icon name="warning" />
          <span>
            <LineButton line={fault.line} onLine={goTo} /> <Said>{fault.message}</Said>
          </span>
        </p>
      )}
    </div>
  )
}

/** @param onLine absent: the text with that line is not in the editor */
export function LineButton({ line, onLine }: { readonly line: number; onLine?: ((line: number) => void) | undefined }) {
  if (onLine === undefined) return <span className="strong">Line {line}:</span>
  return (
    <button type="button" className="link line-link" onClick={() => onLine(line)}>
      Line {line}:
    </button>
  )
}

function Numbers({ lines, fault = 0 }: { readonly lines: number; readonly fault: number | undefined }) {
  const numbers = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => `${from + at}\n`).join('')
  if (fault < 1 || fault > lines) return numbers(1, lines)
  return (
    <>
      {numbers(1, fault - 1)}
      <mark>{fault}</mark>
      {`\n${numbers(fault + 1, lines)}`}
    </>
  )
}

/** A line begins below the one before, or two to the right after what ends in a colon. */
function keepIndentation(event: KeyboardEvent<HTMLTextAreaElement>): void {
  const { key, ctrlKey, metaKey, altKey, shiftKey, nativeEvent, currentTarget } = event
  if (key !== 'Enter' || ctrlKey || metaKey || altKey || shiftKey || nativeEvent.isComposing) return
  const before = currentTarget.value.slice(0, currentTarget.selectionStart)
  const line = before.slice(before.lastIndexOf('\n') + 1)
  const indentation = /^ */.exec(line)?.[0] ?? ''
  const more = line.trimEnd().endsWith(':') ? '  ' : ''
  // The only way to write into a field that its undo knows.
  if (document.execCommand('insertText', false, `\n${indentation}${more}`)) event.preventDefault()
}
