/** For component tests only: a started session on the test engine, and the context that components read it from. */
import { Session, sessionContext } from "./session.svelte";
import { createTestEngine, type TestEngine } from "./testEngine";

export const TEST_EXAMPLE = {
  title: "Two steps",
  prompt: "Ann has 3 . Think :",
  steps: [" Ann 3 + 4 = 7 .", " Ann 7 - 2 = 5 ."],
  answerPrefix: " Answer :",
  answer: " 5",
};

export interface TestSession {
  readonly session: Session;
  readonly engine: TestEngine;
  readonly context: Map<unknown, unknown>;
}

export async function startTestSession(engine = createTestEngine()): Promise<TestSession> {
  const session = new Session(engine);
  await session.start();
  session.examples = [TEST_EXAMPLE];
  session.showExample(TEST_EXAMPLE);
  await session.refreshTokens();
  return { session, engine, context: sessionContext(session) };
}
