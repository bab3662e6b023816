namespace Sera.Host.Reports;

/// <summary>The numbers of a run for TensorBoard: train/* by optimizer step, counted on over the rounds, and round/* by round.</summary>
internal static class RunMetrics
{
    /// <summary>A whole event file.</summary>
    public static byte[] Write(ReportData data, DateTimeOffset at)
    {
        using var stream = new MemoryStream();
        var writer = new TensorBoardWriter(stream, at);
        var step = 0L;
        foreach (var metrics in data.Rounds.OrderBy(r => r.Round).SelectMany(r => r.Steps))
        {
            step++;
            Scalar("train/loss", metrics.Loss);
            Scalar("train/margin", metrics.Margin);
            Scalar("train/reward_accuracy", metrics.Accuracy);
            Scalar("train/chosen_reward", metrics.ChosenReward);
            Scalar("train/rejected_reward", metrics.RejectedReward);
            Scalar("train/chosen_logps", metrics.ChosenLogps);
            Scalar("train/grad_norm", metrics.GradNorm);
            Scalar("train/learning_rate", metrics.LearningRate);
        }
        foreach (var round in data.Summary.Rounds)
        {
            step = round.Round;
            Scalar("round/eval_accuracy", round.EvalAccuracy);
            Scalar("round/train_loss", round.TrainLoss);
            Scalar("round/reward_accuracy", round.RewardAccuracy);
            Scalar("round/margin_mean", round.MarginMean);
            Scalar("round/train_pairs", round.TrainPairs);
            Scalar("round/flipped_kept", round.Audit?.FlippedKept);
        }
        return stream.ToArray();

        void Scalar(string tag, double? value)
        {
            if (value is { } number)
            {
                writer.WriteScalar(tag, step, (float)number);
            }
        }
    }
}
