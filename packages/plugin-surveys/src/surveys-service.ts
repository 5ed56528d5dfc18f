import type { BusinessCalendar, Clock, Prompts, ReadPool, UnitOfWork } from "@hotlinejs/core";
import type { SurveyDefinition, SurveyResults, Surveys } from "./contract.js";
import { SurveyAnswerEntity } from "./entities/survey-answer.entity.js";
import { SurveyEntity } from "./entities/survey.entity.js";
import type { SurveyRow } from "./entities/survey.entity.js";
import { errors } from "./errors.js";

const FRESH = { disableIdentityMap: true } as const;

/** The contract. */
export class DefaultSurveys implements Surveys {
  constructor(
    private readonly work: UnitOfWork,
    private readonly pool: ReadPool,
    private readonly clock: Clock,
    private readonly calendar: () => BusinessCalendar,
    /** `undefined`: nobody speaks. */
    private readonly prompts: Prompts | undefined,
  ) {}

  /**
   * Writes surveys of the configuration that the database has never seen.
   *
   * @throws HTL_SURVEYS_BAD_QUESTION and none of them is written
   */
  async seed(surveys: readonly SurveyDefinition[]): Promise<void> {
    await this.work.run(async (uow) => {
      for (const { key, title, question, options, active } of surveys) {
        await uow.seedOnce(`surveys:${key}`, async () => {
          const fault = typeof question === "object" && "text" in question ? this.prompts?.textFault?.(question.text) : undefined;
          if (fault !== undefined) throw errors.BAD_QUESTION(key, fault.message, { cause: fault });
          await uow.em.insert(SurveyEntity, { key, title, question, options, active: active ?? true, createdAt: this.clock.now() });
        });
      }
    });
  }

  async get(key: string): Promise<SurveyDefinition | undefined> {
    const row = await this.pool.read((em) => em.findOne(SurveyEntity, { key }, FRESH));
    return row === null ? undefined : definitionOf(row);
  }

  async list(): Promise<readonly SurveyDefinition[]> {
    return (await this.pool.read((em) => em.find(SurveyEntity, {}, { ...FRESH, orderBy: { key: "asc" } }))).map(definitionOf);
  }

  async answer(surveyKey: string, option: string, context: { interactionId: string; channel: string }): Promise<void> {
    await this.work.run(async (uow) => {
      const row = await uow.em.findOne(SurveyEntity, { key: surveyKey }, FRESH);
      if (row === null) throw errors.UNKNOWN(surveyKey);
      const survey = definitionOf(row);
      if (survey.active === false) throw errors.CLOSED(surveyKey);
      if (!survey.options.some((each) => each.key === option)) throw errors.BAD_ANSWER(surveyKey, option);
      const now = this.clock.now();
      const calendar = this.calendar();
      const answer = { option, channel: context.channel, answeredAt: now, businessDate: calendar.dateOf(now), businessHour: calendar.hourOf(now) };
      const which = { surveyKey, interactionId: context.interactionId };
      if ((await uow.em.nativeUpdate(SurveyAnswerEntity, which, answer)) === 0) await uow.em.insert(SurveyAnswerEntity, { ...which, ...answer });
      uow.publish("survey.answered", { survey: surveyKey, option, interactionId: context.interactionId }, { aggregate: `survey:${surveyKey}` });
    });
  }

  async results(surveyKey: string, range: { from?: string; to?: string } = {}): Promise<SurveyResults> {
    const survey = await this.get(surveyKey);
    if (survey === undefined) throw errors.UNKNOWN(surveyKey);
    const conditions = ["survey_key = ?"];
    const values = [surveyKey];
    if (range.from !== undefined) {
      conditions.push("business_date >= ?");
      values.push(range.from);
    }
    if (range.to !== undefined) {
      conditions.push("business_date <= ?");
      values.push(range.to);
    }
    const rows = await this.pool.read((em) => em.execute<{ choice: string; total: number | string }[]>(`select option as choice, count(*) as total from surveys_answer where ${conditions.join(" and ")} group by option`, values));
    const counts = new Map(rows.map((row) => [row.choice, Number(row.total)]));
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return {
      key: survey.key,
      title: survey.title,
      from: range.from ?? null,
      to: range.to ?? null,
      total,
      options: survey.options.map(({ key, label }) => ({ key, label, count: counts.get(key) ?? 0, share: total === 0 ? null : (counts.get(key) ?? 0) / total })),
    };
  }
}

function definitionOf(row: SurveyRow): SurveyDefinition {
  const { key, title, active } = row;
  return { key, title, question: row.question as SurveyDefinition["question"], options: row.options as SurveyDefinition["options"], active };
}
