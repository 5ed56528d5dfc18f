/** What is wrong with a wish, with a stable code and what to do. */
export class CreateError extends Error {
  override readonly name = "CreateError";
  constructor(
    readonly code: "HTL_CREATE_USAGE" | "HTL_CREATE_NAME" | "HTL_CREATE_FOLDER_NOT_EMPTY" | "HTL_CREATE_FOLDER" | "HTL_CREATE_PLUGIN" | "HTL_CREATE_CANCELLED",
    message: string,
  ) {
    super(message);
  }
}
