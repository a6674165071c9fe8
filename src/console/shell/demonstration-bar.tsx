/** Over all pages where everything is made up, on paper too: nobody may take it for the state of a fleet. */
export function DemonstrationBar() {
  return (
    <aside className="demonstration-bar" aria-label="Demonstration">
      Demonstration data: everything here is made up
    </aside>
  )
}
