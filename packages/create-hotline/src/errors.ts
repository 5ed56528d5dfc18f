/** What can be wrong with a wish, by code. */
export const CREATE_ERRORS = {
  HTL_CREATE_USAGE: "An option is unknown, or two of them exclude each other",
  HTL_CREATE_NAME: "No package could have this name: use lower-case letters, digits, . _ -",
  HTL_CREATE_FOLDER: "The folder is a file, or cannot be written",
  HTL_CREATE_FOLDER_NOT_EMPTY: "The folder holds something: choose another, nothing was written",
  HTL_CREATE_PLUGIN: "There is no such plugin or preset, or nothing callers could reach",
  HTL_CREATE_CANCELLED: "The questions were broken off; nothing was made",
} as const;

/** What is wrong with a wish, with a stable code and what to do. Stands without core, so that `npm create hotline` need not install it. */
export class CreateError extends Error {
  override readonly name = "CreateError";
  constructor(
    readonly code: keyof typeof CREATE_ERRORS,
    message: string,
  ) {
    super(message);
  }
}
