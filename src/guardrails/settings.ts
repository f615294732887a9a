/** Parameters that a login may have of its own. */

import type { Cluster } from '../model/catalog.ts'
import type { Problem } from '../model/problem.ts'
import type { Application } from '../model/declaration.ts'
import { violation } from './violation.ts'

const FORBIDDEN_SETTINGS = new Set(['role', 'session_authorization', 'local_preload_libraries'])

export function checkSettings({ parameters }: Cluster, application: Application): Problem[] {
  return [...application.settings.keys()].flatMap((name) => {
    if (FORBIDDEN_SETTINGS.has(name))
      return [
        violation(
          application,
          'setting',
          `${name} would let the role act as another or load code.`,
          'Remove it from settings.',
        ),
      ]
    const parameter = parameters.get(name)
    if (parameter === undefined)
      return [
        violation(application, 'setting', `the server knows no parameter ${name}.`, 'Correct the name in settings.'),
      ]
    if (parameter.context === 'user') return []
    return [
      violation(
        application,
        'setting',
        `${name} can only be set by a superuser or in the parameter group.`,
        'Remove it from settings, or set it in the parameter group.',
      ),
    ]
  })
}
