namespace Sera.Model.Alignment.Losses;

/// <summary>A pair as the formula of a loss reads it; notation of docs/methods.md.</summary>
/// <param name="Chosen">Summed policy log-probability of chosen; what is derived by.</param>
/// <param name="Rejected">The same of rejected.</param>
/// <param name="Explored">The same of the explored response; 0 without a derivative where the pair has none.</param>
/// <param name="Pair">The constants of the pair: reference log-probabilities and lengths.</param>
/// <param name="Step">Of the optimizer step the pair is in.</param>
public readonly record struct LossInput<T>(T Chosen, T Rejected, T Explored, PairLogps Pair, PairColumns Columns, StepTotals Step, LossOptions Options)
    where T : struct, ILossNumber<T>
{
    public double Beta => Options.Beta;

    /// <summary>a_w = logp_policy(w) - logp_ref(w).</summary>
    public T ChosenRatio => Chosen - Pair.ReferenceChosen;

    /// <summary>a_l.</summary>
    public T RejectedRatio => Rejected - Pair.ReferenceRejected;

    /// <summary>logp_policy(y') - logp_ref(y') of the explored response y'.</summary>
    public T ExploredRatio => Explored - Pair.ReferenceExplored;

    /// <summary>d = a_w - a_l.</summary>
    public T Difference => ChosenRatio - RejectedRatio;

    /// <summary>beta d.</summary>
    public T Margin => Beta * Difference;

    /// <summary>c = f(a_w), with the divergence of the options; a_w itself with reverse KL.</summary>
    public T ChosenScore => Divergences.Score(ChosenRatio, Options);

    /// <summary>r = f(a_l).</summary>
    public T RejectedScore => Divergences.Score(RejectedRatio, Options);

    /// <summary>logp_policy(w) / n_w.</summary>
    public T ChosenMean => Chosen / Pair.ChosenLength;

    /// <summary>logp_policy(l) / n_l.</summary>
    public T RejectedMean => Rejected / Pair.RejectedLength;
}

/// <summary>Of all pairs of an optimizer step, whatever its micro-batches.</summary>
/// <param name="ChosenTokens">Tokens of all chosen responses; 0 where no loss asks for it.</param>
public readonly record struct StepTotals(int Pairs, long ChosenTokens);
