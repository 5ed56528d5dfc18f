import { z } from "zod";

const username = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u, "1-64 letters, digits, . _ @ -");
const departmentCode = z.string().regex(/^\d{3}$/, "3 digits");

/** An account to be made once; afterwards the database is the truth. */
export const seedUser = z.strictObject({
  /** Name to sign in with, also of the SIP account; never changes. */
  username,
  /** Without one the account cannot sign in until a password is set. */
  password: z.string().optional(),
  /** Shown to people. */
  displayName: z.string().min(1).max(100),
  /** Names of roles; `admin` may do everything. */
  roles: z.array(z.string().min(1)).default([]),
  /** 工号 of the agent this person is. */
  agentNumber: z.string().regex(/^\d{2,8}$/, "2-8 digits").optional(),
  /** Three digits of the department this person belongs to. */
  departmentCode: departmentCode.optional(),
  /** The password is published (examples, manuals): good on loopback only. */
  demo: z.boolean().default(false),
});

export const seedRole = z.strictObject({
  /** By which accounts and permissions name it. */
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, "lower-case letters, digits, _ -"),
  /** Shown to people. Default: the name. */
  title: z.string().min(1).max(60).optional(),
  /** In addition to what plugins give the role by default. */
  permissions: z.array(z.string().min(1)).default([]),
});

export const seedDepartment = z.strictObject({
  /** Three digits; citizens key them in. */
  code: departmentCode,
  /** Full name. */
  name: z.string().min(1).max(100),
  /** Default: the name. */
  shortName: z.string().min(1).max(40).optional(),
  /** Telephone inside the house. */
  extension: z.string().regex(/^\d{2,8}$/, "2-8 digits").nullable().default(null),
  /** Can be chosen by citizens. */
  offered: z.boolean().default(true),
});

export const seedStaff = z.strictObject({
  /** Five digits: department and person (投诉工作人员代号). */
  code: z.string().regex(/^\d{5}$/, "5 digits"),
  /** Of the person. */
  name: z.string().min(1).max(60),
  /** Three digits of the department. */
  departmentCode,
  /** Can be chosen by citizens. */
  offered: z.boolean().default(true),
});

export const directoryConfig = z.strictObject({
  /** Realm of the SIP digests. Changing it makes all stored digests useless until passwords are set anew. */
  realm: z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, "1-64 visible ASCII characters without quote and backslash").default("hotline"),
  /** HOTLINE_ADMIN_PASSWORD: becomes the password of `adminUsername` at each start. */
  adminPassword: z.string().optional(),
  /** Name of the first administrator. */
  adminUsername: username.default("admin"),
  /** Accounts made once by name; afterwards the database is the truth. */
  users: z.array(seedUser).default([]),
  /** Roles besides those that plugins name. */
  roles: z.array(seedRole).default([]),
  /** Departments, made once by code. */
  departments: z.array(seedDepartment).default([]),
  /** Members of departments that citizens can name by a code, made once. */
  staff: z.array(seedStaff).default([]),
  /** Wrong passwords. */
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
