import type { EntitySchema } from "@mikro-orm/core";
import { AuditEntity } from "./audit.entity.js";
import { BridgeMembershipEntity } from "./bridge-membership.entity.js";
import { InteractionEventEntity } from "./interaction-event.entity.js";
import { InteractionEntity } from "./interaction.entity.js";
import { JobEntity } from "./job.entity.js";
import { LegEntity } from "./leg.entity.js";
import { MessageEntity } from "./message.entity.js";
import { NotificationEntity } from "./notification.entity.js";
import { ConsumerEntity, HeldEventEntity, OutboxEntity } from "./outbox.entity.js";
import { SeedEntity, StateEntity } from "./state.entity.js";

/** The entities of core's data layer; `DataLayer.open` adds them by itself. */
export const dataEntities: readonly EntitySchema[] = [
  InteractionEntity,
  LegEntity,
  BridgeMembershipEntity,
  InteractionEventEntity,
  OutboxEntity,
  ConsumerEntity,
  HeldEventEntity,
  JobEntity,
  AuditEntity,
  StateEntity,
  SeedEntity,
  NotificationEntity,
  MessageEntity,
] as readonly unknown[] as readonly EntitySchema[];
