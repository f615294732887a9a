/** The package has no types; what it returns is checked where it is read. */
declare module 'js-yaml' {
  const yaml: { safeLoad(text: string): unknown }
  export default yaml
}
