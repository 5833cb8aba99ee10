/** The Worker that is measured: it stands beside the instruments as one more module. */
declare const worker: {
  fetch(request: Request, env: object, context: ExecutionContext): Response | Promise<Response>;
};
export default worker;
