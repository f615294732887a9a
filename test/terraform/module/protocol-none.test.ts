/** Who carries out a removal (src/README.md: Removal), where nothing uses what the module gives. */
import { protocolTests } from './protocol-tests.ts'

protocolTests('none')
