import { z } from "zod";

const username = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u, "1-64 letters, digits, . _ @ -");
const departmentCode = z.string().regex(/^\d{3}$/, "3 digits");

/** An account to be made once; afterwards the database is the truth. */
export const seedUser = z.strictObject({
  username,
  /** Without one the account cannot sign in until a password is set. */
  password: z.string().optional(),
  displayName: z.string().min(1).max(100),
  roles: z.array(z.string().min(1)).default([]),
  agentNumber: z.string().regex(/^\d{2,8}$/, "2-8 digits").optional(),
  departmentCode: departmentCode.optional(),
  /** The password is published (examples, manuals): good on loopback only. */
  demo: z.boolean().default(false),
});

export const seedRole = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, "lower-case letters, digits, _ -"),
  /** Shown to people. Default: the name. */
  title: z.string().min(1).max(60).optional(),
  /** In addition to what plugins give the role by default. */
  permissions: z.array(z.string().min(1)).default([]),
});

export const seedDepartment = z.strictObject({
  code: departmentCode,
  name: z.string().min(1).max(100),
  /** Default: the name. */
  shortName: z.string().min(1).max(40).optional(),
  extension: z.string().regex(/^\d{2,8}$/, "2-8 digits").nullable().default(null),
  offered: z.boolean().default(true),
});

export const seedStaff = z.strictObject({
  code: z.string().regex(/^\d{5}$/, "5 digits"),
  name: z.string().min(1).max(60),
  departmentCode,
  offered: z.boolean().default(true),
});

export const directoryConfig = z.strictObject({
  /** Realm of the SIP digests. Changing it makes all stored digests useless until passwords are set anew. */
  realm: z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, "1-64 visible ASCII characters without quote and backslash").default("hotline"),
  /** HOTLINE_ADMIN_PASSWORD: becomes the password of `adminUsername` at each start. */
  adminPassword: z.string().optional(),
  adminUsername: username.default("admin"),
  users: z.array(seedUser).default([]),
  roles: z.array(seedRole).default([]),
  departments: z.array(seedDepartment).default([]),
  staff: z.array(seedStaff).default([]),
  lockout: z
    .strictObject({
      /** Failures of one account from one source before it is locked for that source. */
      failures: z.int().min(1).max(100).default(5),
      /** Failures are forgotten after this many seconds; a lock lasts as long. */
      seconds: z.int().min(1).max(86_400).default(900),
    })
    .prefault({}),
});

export type DirectoryConfig = z.output<typeof directoryConfig>;
export type DirectoryOptions = z.input<typeof directoryConfig>;
export type SeedUser = z.output<typeof seedUser>;
