import test from 'ava'
import { firstKeyword } from '../../../src/server/blockers.ts'

test('of a statement nothing is told but the keyword that it begins with', (t) => {
  for (const [query, keyword] of [
    ['ALTER ROLE beta_dev_user PASSWORD $pw$hunter2$pw$', 'ALTER'],
    ["  \n\tselect E'x\\'hunter2'", 'SELECT'],
    ['begin', 'BEGIN'],
    ['COMMIT;', 'COMMIT'],
    ['WITH"hunter2"AS(SELECT 1)SELECT', 'WITH'],
    ['-- hunter2\nSELECT 1', null],
    ['/* hunter2 */ SELECT 1', null],
    ['hunter2', null],
    ['hunter', null],
    ['SELECT$hunter', null],
    ['SELECT_hunter2', null],
    ['12345', null],
    ['', null],
    ['\u00ff\u0000SELECT', null],
  ] as const)
    t.is(firstKeyword(query), keyword, query)
})
