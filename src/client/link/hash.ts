/** What tells a share link from a page's address, apart from all that reads links: it is asked on every visit. */

/** True for a hash that means to be a share link. */
export function looksLikeLink(hash: string): boolean {
  return /^#?v=/.test(hash);
}
