/** What files that are opened together are called: their folder, else the largest of them, which has the weights. */

export function filesName(files: readonly File[], folder?: string): string {
  if (folder !== undefined) return folder;
  const inFolder = files[0]?.webkitRelativePath.split("/")[0];
  const [largest] = files.toSorted((a, b) => b.size - a.size);
  return inFolder || (largest?.name ?? "files");
}
