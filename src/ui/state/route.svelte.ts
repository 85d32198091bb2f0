/** Which page the URL's hash names: the playground, the kernel check, or a docs page. */
export type Route =
  | { readonly page: "playground" }
  | { readonly page: "check" }
  | { readonly page: "docs"; readonly slug: string };

export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#\/?/, "");
  if (path === "check") return { page: "check" };
  const docs = /^docs(?:\/([\w-]*))?$/.exec(path);
  return docs ? { page: "docs", slug: docs[1] ?? "" } : { page: "playground" };
}

export class Router {
  route = $state.raw<Route>(parseRoute(location.hash));

  /** Follows the hash until the returned function is called. */
  follow(): () => void {
    const update = () => (this.route = parseRoute(location.hash));
    addEventListener("hashchange", update);
    return () => removeEventListener("hashchange", update);
  }
}
