import { Suspense, useEffect, useState } from 'react'
import { matchRoute, Redirect, Route, Switch, useLocation, useRouter } from 'wouter'
import { useLive } from '../data/live.ts'
import { useMay, useSession } from '../data/session.ts'
import { exactTime } from '../data/words.ts'
import { NOUN_ITEM, PAGES, type Page } from '../pages/pages.tsx'
import { Empty, Waiting } from '../parts/answered.tsx'
import { Toasts } from '../parts/toast.tsx'
import { Boundary } from './boundary.tsx'
import { DemonstrationBar } from './demonstration-bar.tsx'
import { Finder } from './finder.tsx'
import { FreezeBar } from './freeze-bar.tsx'
import { Side } from './side.tsx'
import { Top } from './top.tsx'

interface ShellProps {
  readonly organisation: string
  readonly isDemonstration: boolean
  onSignedOut(): void
}

/** What surrounds each page: the bar of a freeze, the side, the top. */
export function Shell({ organisation, isDemonstration, onSignedOut }: ShellProps) {
  const mayView = useMay('view')
  useLive({ isAllowed: mayView })
  const { name, may } = useSession()
  const [location] = useLocation()
  const { parser: parse } = useRouter()
  const [isMenuOpen, setMenuOpen] = useState(false)
  const [isFinding, setFinding] = useState(false)
  const pages = PAGES.filter(({ action }) => action === undefined || may.includes(action))
  const page = pages.find(({ path }) => matchRoute(parse, path, location)[0])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new address closes the menu
  useEffect(() => setMenuOpen(false), [location])
  return (
    <div className={`shell ${page?.fillsWindow === true ? 'fills-window' : ''}`}>
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      {isDemonstration ? <DemonstrationBar /> : null}
      <FreezeBar />
      <Side
        pages={pages}
        organisation={organisation}
        isOpen={isMenuOpen}
        onSignedOut={onSignedOut}
        onClose={() => setMenuOpen(false)}
      />
      <div className="main">
        <Top pages={pages} onMenu={() => setMenuOpen(true)} onFind={() => setFinding(true)} />
        <p className="only-printed small">
          {window.location.href} · printed {exactTime(Date.now())} by {name}
        </p>
        <main id="main" tabIndex={-1} className="page-place">
          <Boundary key={location}>
            <Suspense fallback={<Waiting />}>
              <Switch>
                {pages.map(routeOf)}
                {mayView ? routeOf(NOUN_ITEM) : null}
                {/* Who may not look at the fleet begins with what is theirs. */}
                {page === undefined && location === '/' ? <Redirect to="/mine" replace /> : null}
                <Route>
                  <h1 className="only-spoken">Not found</h1>
                  <Empty title="There is no such page.">
                    <a className="link" href="/">
                      Go to the overview
                    </a>
                  </Empty>
                </Route>
              </Switch>
            </Suspense>
          </Boundary>
        </main>
      </div>
      <Finder
        places={pages.filter(({ section }) => section !== undefined)}
        isOpen={isFinding}
        onOpen={setFinding}
        onSignedOut={onSignedOut}
      />
      <Toasts />
    </div>
  )
}

function routeOf({ path, code: Code }: Page) {
  return (
    <Route key={path} path={path}>
      <Code />
    </Route>
  )
}
