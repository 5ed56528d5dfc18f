/**
 * What a commit must survive: `disk` a power cut, `process` only the death of the process (a machine
 * that goes down may lose it, and damage the database).
 */
export type Durability = "disk" | "process";
