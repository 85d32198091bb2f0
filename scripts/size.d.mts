/** Types of size.mjs, for its test. */
export function staticImports(code: string): string[];
export function pageScripts(html: string): string[];
export function workers(code: string): string[];
export function reachable(names: readonly string[], read: (name: string) => string): Set<string>;
