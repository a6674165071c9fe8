import type { ApiComponents } from './api-components.ts'
import { catalogueRoutes } from './catalogue-routes.ts'
import { deviceRoutes } from './device-routes.ts'
import { directoryRoutes } from './directory-routes.ts'
import { evidenceRoutes } from './evidence-routes.ts'
import { fleetRoutes } from './fleet-routes.ts'
import { orderRoutes } from './order-routes.ts'
import { reEnrolmentRoutes } from './re-enrolment-routes.ts'
import type { Route } from './route.ts'
import { tokenRoutes } from './token-routes.ts'

/** The whole API but its own description. What is registered, documented and tested is this table. */
export function allRoutes(components: ApiComponents): readonly Route[] {
  return [
    directoryRoutes,
    tokenRoutes,
    deviceRoutes,
    evidenceRoutes,
    fleetRoutes,
    orderRoutes,
    reEnrolmentRoutes,
    catalogueRoutes,
  ].flatMap((routes) => routes(components))
}
