/** The engine's thread: builds the engine and exposes its flat API. */
import { expose } from "comlink";
import { createBrowserEngine } from "../src/engine/hosts/browserHost";
import { handingOver } from "../src/engine/hosts/handOver";

expose(handingOver(createBrowserEngine()));
