/**
 * Parameters whose value is a list of identifiers that the server quotes one by one (GUC_LIST_QUOTE). The same six
 * names stand in PostgreSQL's src/bin/pg_dump/dumputils.c, variable_is_guc_list_quote, with the note that the set must
 * not change.
 */
const LIST_QUOTE = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

/** Whether a parameter holds a list of identifiers, each quoted for itself; takes the name in lower case. */
export function isIdentifierList(parameter: string): boolean {
  return LIST_QUOTE.has(parameter)
}

/**
 * Splits `"$user", public` into its items, as the server's SplitIdentifierString does, except that unquoted items keep
 * their case: names in a declaration mean what they spell (src/README.md: The declaration). An empty text is the one
 * empty item by which the server writes an empty list. Returns null for a text that is no list: an open quote, text
 * after a quote, an empty item.
 */
export function splitList(value: string): readonly string[] | null {
  if (value.trim() === '') return ['']
  const items: string[] = []
  let item: string | null = null
  for (const token of value.match(/"[^"]*(?:""[^"]*)*"|[^",]+|[,"]/g) ?? []) {
    if (token === ',') {
      if (item === null) return null
      items.push(item)
      item = null
    } else if (token.trim() !== '') {
      if (token === '"' || item !== null) return null
      item = token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token.trim()
    }
  }
  return item === null ? null : [...items, item]
}

/**
 * An item as it stands in a text (`"$user"`) means in a list what it means there; any other text is a name as it is,
 * quotes in it included. A name that begins and ends with a double quote is written as in a text.
 */
export function unquoted(item: string): string {
  return /^"(?:[^"]|"")*"$/.test(item) ? item.slice(1, -1).replaceAll('""', '"') : item
}
