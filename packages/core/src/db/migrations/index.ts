import type { MigrationClass } from "../migration.js";
import { DataMigration } from "./0001-data.js";
import { MessagesMigration } from "./0002-messages.js";
import { ForgottenWordsMigration } from "./0003-forgotten-words.js";
import { LegQualityMigration } from "./0004-leg-quality.js";
import { ReportedQualityMigration } from "./0005-reported-quality.js";

/** The migrations of core's data layer; `DataLayer.open` adds them by itself, first. */
export const dataMigrations: readonly MigrationClass[] = [DataMigration, MessagesMigration, ForgottenWordsMigration, LegQualityMigration, ReportedQualityMigration];
