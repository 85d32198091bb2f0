/** What goes wrong, and with which file; nothing does by default. */
export interface HubTrouble {
  /** The file that the troubles below befall; every file if absent. */
  file?: string;
  /** Connections that break off: after so many bytes each, or at this byte of the file. */
  cuts?: number;
  cutAfterBytes?: number;
  cutAtByte?: number;
  /** Bytes after which nothing more comes, and the connection stays. */
  stallAfterBytes?: number;
  /** Between pieces of 16 KiB. */
  pauseMs?: number;
  /** Added to the announced length of a whole file. */
  lengthError?: number;
  /** Ranges are ignored. */
  noRanges?: boolean;
  /** Connections that ask for a range are dropped: what a page sees where it may not send the header. */
  dropRanges?: boolean;
  /** The status that the listing is refused with. */
  listing?: number;
  /** Statuses by file name, and how often in all; always if absent. */
  refuse?: Record<string, number>;
  refusals?: number;
  /** Part of every ETag from the first cut on: every file counts as changed. */
  versionAfterCut?: string;
}

export interface HubImitation {
  readonly url: string;
  readonly requests: { method: string; path: string; range?: string }[];
  readonly trouble: HubTrouble;
  close(): Promise<void>;
}

export function startHubImitation(
  repositories: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>,
  trouble?: HubTrouble,
  port?: number,
): Promise<HubImitation>;
