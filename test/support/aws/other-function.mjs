/** A Lambda function that has nothing to do with this project. */
export const handler = async () => ({ statusCode: 200, body: '{"type":"ended"}' })
