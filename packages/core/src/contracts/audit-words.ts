import { token } from "../di/token.js";

/** A code of the audit in words for people. */
export interface AuditTerm {
  /** As in `AuditEntry`: the action (`sip.banned`) or the subject's type (`ticket`). */
  readonly name: string;
  /** In Chinese. */
  readonly title: string;
  readonly titleEn: string;
}

/** What a plugin writes into the audit, in words: the console's page of the audit shows these for the codes. */
export interface AuditWords {
  readonly actions?: readonly AuditTerm[];
  /** With `page`, the path of a console page with `:id` in it, a subject is a link. */
  readonly subjects?: readonly (AuditTerm & { readonly page?: string })[];
}

/** Those of core and of the plugins present. Filled by the kernel. */
export const AUDIT_WORDS = token<Required<AuditWords>>("core.audit-words");
