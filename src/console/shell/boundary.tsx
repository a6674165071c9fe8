import { Component, type ReactNode } from 'react'
import { Failed } from '../parts/answered.tsx'

interface BoundaryProps {
  readonly children: ReactNode
}

/** A page that fails leaves the rest of the console in place. */
export class Boundary extends Component<BoundaryProps, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {}

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render() {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <div className="page">
        <Failed error={error} />
        <button type="button" className="button" onClick={() => window.location.reload()}>
          Load the page again
        </button>
      </div>
    )
  }
}
