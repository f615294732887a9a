/** Crash sweep: roles and databases in use taken under management, cut at the exchanges with the server. */
import { adoption } from '../../support/faults/scenarios.ts'
import { sweepTests } from '../../support/faults/sweep-tests.ts'

sweepTests([{ make: adoption, every: 19 }])
