/**
 * A program of its own: as many logins, each to its database, over as many connections at a time as the script has, and
 * nothing else. What a proof by login costs at least. Its standard input says where and who.
 */
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import pg from 'pg'

const { port, caFile, connections, logins } = JSON.parse(await text(process.stdin))
const ca = await readFile(caFile, 'utf8')
const queue = [...logins]
const worker = async () => {
  for (let login = queue.shift(); login !== undefined; login = queue.shift()) {
    const { username: user, password, database } = login
    const client = new pg.Client({ host: 'localhost', port, user, password, database, ssl: { ca } })
    await client.connect()
    await client.end()
  }
}
await Promise.all(Array.from({ length: connections }, worker))
