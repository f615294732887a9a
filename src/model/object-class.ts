/** What GRANT calls TABLE, SEQUENCE and ROUTINE. Types only. */
export type ObjectClass = 'table' | 'sequence' | 'function'
