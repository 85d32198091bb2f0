/** The registry of model layouts, in the order they are tried; one line adds a layout. */
import { huggingFace } from "./huggingFace";
import type { Layout } from "./modelFiles";

export const LAYOUTS: readonly Layout[] = [huggingFace];
