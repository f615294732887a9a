/** Of the SDK's client what is used, so that the bundle has no more of it. */
export { InvokeCommand, InvokeWithResponseStreamCommand, LambdaClient } from '@aws-sdk/client-lambda'
