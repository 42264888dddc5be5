import type { Action } from '../core/run/limits-model.ts';
import type { PlanState } from '../core/run/state-model.ts';

/** What would start or was started, as released: a checkpoint's action is called `gate` there. */
export function actionJson(action: Action): Record<string, unknown> {
  return action.type === 'checkpoint' ? { type: 'gate', gate: action.checkpoint } : { ...action };
}

/** `run --json` (its last line) and `status --json`, as released. */
export function statusJson(state: PlanState): Record<string, unknown> {
  return {
    v: 1,
    plan: state.plan,
    state: state.state,
    base_commit: state.baseCommit,
    integration_branch: state.integrationBranch,
    slices: state.slices.map((slice) => ({
      id: slice.id,
      wave: slice.wave,
      state: slice.state,
      run_id: slice.run?.runId ?? null,
      attempt: slice.run?.attempt ?? 0,
      branch: slice.branch,
      worktree: slice.worktree,
      commit: slice.commit,
      stop: slice.run?.stop ?? null,
      failure: slice.run?.failure ?? null,
      blocked_by: slice.blockedBy,
      files_changed: (slice.run?.filesChanged ?? []).map((file) => file.path),
      sandbox: slice.run?.sandbox ? { by: slice.run.sandbox.by, why_not: slice.run.sandbox.whyNot } : null,
      tests_passed: slice.run?.testsPassed ?? null,
      slack_minutes: slice.slackMinutes,
      doubts: slice.doubts,
      claims_refuted: slice.refuted,
      changed_meanwhile: slice.changedMeanwhile,
    })),
    attention: state.attention.map((item) => ({
      slice: item.slice,
      run_id: item.runId,
      condition: item.condition,
      question: item.question,
      detail: item.detail,
      paths: item.paths,
      unblocks: item.unblocks,
    })),
    warnings: state.warnings,
    merge_points: state.checkpoints
      .filter((checkpoint) => checkpoint.kind === 'merge-point')
      .map((checkpoint) => ({ id: checkpoint.id, state: checkpoint.state })),
    wave_checks: state.checkpoints
      .filter((checkpoint) => checkpoint.kind === 'wave')
      .map((checkpoint) => ({ id: checkpoint.id, state: checkpoint.state })),
    critical_path: state.criticalPath,
    cost_usd: state.costUsd,
  };
}
