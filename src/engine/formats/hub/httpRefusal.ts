/** What a host's refusal means for the visitor: one sentence with a cure for each status. */
import { VitrineError } from "../../../protocol/errors";

/** Another try may help: time-outs, too many requests, trouble at the host. */
export function mayPass(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

export class HttpRefusal extends VitrineError {
  /** `what` is the file or the model that was asked for. */
  constructor(
    what: string,
    host: string,
    readonly status: number,
  ) {
    super("BadFile", `${sentence(what, host, status)} (Status ${status}.)`);
  }
}

function sentence(what: string, host: string, status: number): string {
  const drop = "download the files in your browser and drop them here";
  if (status === 401)
    return `${host} asks for a login before it gives ${what}: it is gated, private, or misspelt. Check the name, or log in there, ${drop}.`;
  if (status === 403) return `${host} does not let this page read ${what}: log in there, ${drop}.`;
  if (status === 404 || status === 410)
    return `${host} has no ${what}: check the spelling of owner, name and revision.`;
  if (status === 429)
    return `${host} has had too many requests from you: wait a few minutes, then open it again.`;
  if (status >= 500) return `${host} is in trouble and could not give ${what}: try again in a few minutes.`;
  return `${host} could not give ${what}: ${drop}.`;
}
