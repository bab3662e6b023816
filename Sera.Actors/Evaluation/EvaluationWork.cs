using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Data;
using Sera.Model.Evaluation;

namespace Sera.Actors.Evaluation;

/// <summary>Measurement on rows; a pure function of them.</summary>
internal static class EvaluationWork
{
    public static MeasuredPolicy Run(EvaluateOrder order, WorkerSetup setup)
    {
        var answers = Judge(
            setup.Rows.ReadAll(order.Rollouts, RowJson.Default.RolloutRow),
            order.Evaluation is null ? [] : setup.Rows.Read(order.Evaluation, RowJson.Default.EvalRow));
        var right = answers.Where(a => a.Right is not null).Select(a => a.Right!.Value ? 1.0 : 0.0).ToArray();
        var rewards = RewardTable.Read(order.Scores, order.Loss, setup.Rows);
        var margins = order.HeldOut is null || rewards is null
            ? []
            : setup.Rows.Read(order.HeldOut, RowJson.Default.PairRow).Select(rewards.Margin).ToArray();
        var ranking = RewardAccuracy.Of(margins);
        return new MeasuredPolicy(
            answers.Count == 0 ? null : setup.Store.Write("answers", RowFile.Write(answers, RowJson.Default.AnswerRow)),
            right.Length,
            right.Length == 0 ? null : right.Average(),
            ranking.Pairs, ranking.Accuracy, ranking.MarginMean);
    }

    /// <summary>The one answer a prompt has, and whether it is right where a check of the same id says so.</summary>
    public static List<AnswerRow> Judge(ImmutableArray<RolloutRow> rollouts, ImmutableArray<EvalRow> checks)
    {
        var byId = checks.ToDictionary(c => c.Id, c => c.Check, StringComparer.Ordinal);
        return
        [
            .. rollouts.Select(r => new AnswerRow(
                r.Id, r.Prompt, r.Responses[0].Text,
                byId.TryGetValue(r.Id, out var check) ? AnswerJudge.IsRight(check, r.Responses[0].Text) : null)),
        ];
    }
}
