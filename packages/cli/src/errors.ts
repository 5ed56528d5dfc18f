import { defineErrors } from "@hotlinejs/core";

/** Coded errors of the command line: `HTL_CLI_*`. */
export const errors = defineErrors("CLI", {
  USAGE: { message: "%s. `hotline --help` lists the commands and their options", status: 400 },
  HOTLINE_NOT_FOUND: { message: "No hotline was found in %s. Name its module with --hotline <path>, as \"hotline\" in package.json, or call it hotline.config.js", status: 404 },
  MODULE_MISSING: { message: "The module %s does not exist. Build the project first, or name another with --hotline", status: 404 },
  MODULE_TYPESCRIPT: { message: "%s is TypeScript, which Node does not run. Compile it and name the JavaScript, for example dist/hotline.js" },
  MODULE_FAILED: { message: "The module %s could not be loaded: %s" },
  MODULE_EXPORT: { message: "The module %s exports no hotline. Its export `hotline` must be what createHotline returns, the options for it, or a function that gives one of them" },
  HEALTH_URL: { message: "%s is not the address of a hotline. Give it as http://host:port", status: 400 },
  DATA_MISSING: { message: "There is no data in %s yet. Start the hotline once, or look whether HOTLINE_DATA_DIR and HOTLINE_DATABASE_URL are those it runs with", status: 404 },
  BACKUP_EXISTS: { message: "%s exists already. Choose another name, or overwrite it with --force", status: 409 },
  BACKUP_UNWRITABLE: { message: "The backup cannot be written to %s: %s" },
  DATA_DAMAGED: { message: "The data in %s are damaged and cannot be backed up: %s. No backup was written. Stop the hotline, move the data away, and put the last good backup in their place with `hotline restore`" },
  BACKUP_MISSING: { message: "The backup %s cannot be read: %s", status: 404 },
  BACKUP_DAMAGED: { message: "The backup %s is damaged: %s. Nothing was changed. Use another backup", status: 422 },
  BACKUP_FORMAT: { message: "The backup %s has format %s, which this version does not know. Restore it with the version of @hotlinejs/cli that wrote it, or a later one", status: 422 },
  BACKUP_OTHER_DATABASE: { message: "The backup holds %s, but this hotline is configured for %s. Restore it with the same kind of database (HOTLINE_DATABASE_URL)", status: 409 },
  BACKUP_NEWER: { message: "The backup was made by newer versions or with plugins missing here (%s). Nothing was changed. Install what it was made with: %s", status: 409 },
  BACKUP_OLDER: { message: "The backup was made before %s. Nothing was changed. Restore it with what it was made with (%s), then upgrade and run `hotline migrate`", status: 409 },
  TARGET_NOT_EMPTY: { message: "There is data already: %s. Restore into an empty folder and database, or replace what is there with --force", status: 409 },
  TARGET_TABLES: { message: "The database has no table or column %s, although its migrations are those of the backup. It was changed by hand: restore into an empty database", status: 409 },
  KEY_MISSING: { message: "The backup needs the key %s, which is in neither the backup nor %s. Put the key file there first, or go on without it with --without-key: stored passwords and sealed fields cannot be read then", status: 409 },
  RESTORED_DAMAGED: { message: "The restored database fails its own check (%s). The data that were there are untouched", status: 422 },
});
