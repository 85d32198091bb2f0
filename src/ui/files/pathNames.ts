/**
 * Files on their way to the worker. Browsers copy a file's name there and, most of them, not the path beside it
 * (`webkitRelativePath`): so its name becomes its path. The bytes are not read.
 */

function named(file: File): File {
  const path = file.webkitRelativePath;
  const { type, lastModified } = file;
  return path && path !== file.name ? new File([file], path, { type, lastModified }) : file;
}

const isFiles = (value: unknown): value is readonly File[] =>
  Array.isArray(value) && value.some((one) => one instanceof File);

/** A list of files, or an object that holds such lists, with paths as names; anything else as it is. */
export function withPathNames(value: unknown): unknown {
  if (isFiles(value)) return value.map(named);
  if (typeof value !== "object" || value === null || !Object.values(value).some(isFiles)) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, isFiles(one) ? one.map(named) : one]);
  return Object.fromEntries(entries);
}
