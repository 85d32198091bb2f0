/**
 * Which files of a folder are looked at: those directly inside; those of its folders of autoencoders, one folder each; and
 * where no model can be among the former, those directly inside any of its folders, which may then be models.
 */

/** A folder of a drop or one that the visitor granted. */
export interface Folder {
  readonly name: string;
  entries(): Promise<{ readonly files: readonly File[]; readonly folders: readonly Folder[] }>;
}

/** What may be a model, or a part of one. */
const MODEL_FILE = /\.(safetensors|gguf|bin|pth?|json)$/i;
const SAE_FOLDER = /(^|[^a-z])(saes?|autoencoders?|transcoders?)([^a-z]|$)/i;

/** Each with its path, beginning with the folder's name. */
export async function filesOfFolder(folder: Folder): Promise<File[]> {
  const { files, folders } = await folder.entries();
  const mayHoldModel = files.some(({ name }) => MODEL_FILE.test(name));
  const isSaes = ({ name }: Folder) => SAE_FOLDER.test(name);
  const inside = (mayHoldModel ? folders.filter(isSaes) : folders).map(async (inner) => {
    const { files: own, folders: deeper } = await inner.entries();
    const each = isSaes(inner) ? await Promise.all(deeper.map((one) => directFiles(one, inner.name))) : [];
    return [
      ...withPaths(own, folder.name, inner.name),
      ...each.flatMap((list) => withPaths(list, folder.name)),
    ];
  });
  return [...withPaths(files, folder.name), ...(await Promise.all(inside)).flat()];
}

async function directFiles(folder: Folder, parent: string): Promise<File[]> {
  return withPaths((await folder.entries()).files, parent, folder.name);
}

/** The browser leaves the path out where a folder is not chosen by an input. On its way to the worker it becomes the name. */
function withPaths(files: readonly File[], ...folders: readonly string[]): File[] {
  return files.map((file) => {
    const value = [...folders, file.webkitRelativePath || file.name].join("/");
    return Object.defineProperty(file, "webkitRelativePath", { value, configurable: true });
  });
}
