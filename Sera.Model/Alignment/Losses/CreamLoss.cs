using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>CREAM: labels are smoothed by how little the current and the previous policy agree on the prompt's responses.</summary>
internal sealed class CreamLoss : PreferenceLoss
{
    public override string Name => "cream";

    public override string Formula => "-C log s(beta d) - (1 - C) log s(-beta d), C = consistency of the prompt's rankings";

    public override string Source => "arXiv 2410.12735, its authors' code";

    public override ImmutableArray<PairColumn> Columns => [PairColumn.Consistency];

    public override T PerPair<T>(in LossInput<T> pair) =>
        Smoothed(pair.Margin, 1 - (pair.Columns.Consistency ?? 1));
}
