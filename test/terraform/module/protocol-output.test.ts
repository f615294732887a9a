/** Who carries out a removal (src/README.md: Removal), beside a resource that uses an output of the module, and is made before its former self goes. */
import { protocolTests } from './protocol-tests.ts'

protocolTests('output')
