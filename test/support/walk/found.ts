/** Walks that found something, as small as they were shrunk; each is walked in `npm test`. */
import type { Walk } from './generate.ts'

const quiet = { mess: [], damage: [], cut: null }

export const FOUND: Readonly<Record<string, (version: number) => Walk>> = {
  'a level goes down to none while a schema is made': (version) => ({
    ...quiet,
    version,
    a: { alpha: {}, beta: { access_level: 'editor', database_of: 'alpha', schemas: ['*'] } },
    b: { alpha: { schemas: ['public', 'app'] }, beta: { access_level: 'none', database_of: 'alpha' } },
  }),
  'a login that was a group becomes one that is none': (version) => ({
    ...quiet,
    version,
    cut: { after: 5, kind: 'killed', isDone: false },
    a: {
      alpha: { schemas: ['public'], undeclared: 'keep' },
      beta: { access_level: 'editor', database_of: 'alpha', can_login: false, schemas: ['*'] },
    },
    b: { alpha: { schemas: ['public', 'app'] }, beta: { access_level: 'none', database_of: 'alpha' } },
  }),
}
