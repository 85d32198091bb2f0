/** Why something cannot be asked, in a sentence that stands in place of it. */
export interface Complaint {
  readonly complaint: string;
}

export const isComplaint = (value: object): value is Complaint => "complaint" in value;
