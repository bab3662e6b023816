using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Sera.Model.Alignment.Losses;
using Sera.Model.Alignment.Tokens;

namespace Sera.Model.Alignment;

/// <summary>The losses there are. A new one is a file in Losses/ and a line here.</summary>
public static class PreferenceLosses
{
    public static readonly ImmutableArray<PreferenceLoss> All =
    [
        new DpoLoss(),
        new IpoLoss(),
        new SlicHfLoss(),
        new SimpoLoss(),
        new CdpoLoss(),
        new RobustLoss(),
        new IpoSumLoss(),
        new DpoNormLoss(),
        new ExoLoss(),
        new NcaLoss(),
        new BcoLoss(),
        new SppoLoss(),
        new AotLoss(),
        new AotUnpairedLoss(),
        new ApoZeroLoss(),
        new ApoDownLoss(),
        new DiscoPopLoss(),
        new SftLoss(),
        new CreamLoss(),
        new PcDpoLoss(),
        new HDpoLoss(),
        new RpoLoss(),
        new SpaLoss(),
        new OdpoLoss(),
        new UpLcbLoss(),
        new UpMultLoss(),
        new SlicHfMarginLoss(),
        new AlphaPoLoss(),
        new CpoLoss(),
        new OrpoLoss(),
        new SrDpoLoss(),
        new SrIpoLoss(),
    ];

    private static readonly ConcurrentDictionary<string, PreferenceLoss?> Known = new();

    /// <summary>Names as in loss.name, for messages: "dpo | ipo | ...".</summary>
    public static string Names => string.Join(" | ", All.Select(l => l.Name));

    /// <summary>The loss of that name, or of a weighted sum of names such as "0.8 dpo + 0.2 bco + sft"; null where there is none. Names are case-sensitive.</summary>
    public static PreferenceLoss? Find(string name) => Known.GetOrAdd(name, Read);

    /// <exception cref="ArgumentException">No loss has that name.</exception>
    public static PreferenceLoss Get(string name) =>
        Find(name) ?? throw new ArgumentException($"no loss named '{name}', expected {Names}", nameof(name));

    /// <summary>Whether reference log-probabilities are read at all.</summary>
    public static bool NeedsReference(LossOptions options) => Get(options.Name).NeedsReference;

    /// <summary>The columns that the loss and the weighting of its tokens read.</summary>
    public static ImmutableArray<PairColumn> ColumnsOf(LossOptions options)
    {
        var columns = Get(options.Name).Columns;
        return TokenWeightings.Of(options)?.NeedsEdits == true ? columns.Add(PairColumn.Edits) : columns;
    }

    /// <summary>Whether a column is read that compares the policies of the last two rounds.</summary>
    public static bool ComparesRounds(LossOptions options) => Get(options.Name).Columns.Any(c => c is PairColumn.Consistency or PairColumn.Uncertainty);

    private static PreferenceLoss? Read(string name)
    {
        var terms = name.Split('+').Select(Term).ToArray();
        if (terms.Any(t => t is null)) return null;
        if (terms is [{ Weight: 1 } only]) return only.Loss;
        // What is sorted over a step cannot be added to what is not.
        return terms.Any(t => t!.Value.Loss.IsCoupled) ? null : new WeightedLosses(name, [.. terms.Select(t => t!.Value)]);
    }

    /// <summary>"dpo", or "0.8 dpo".</summary>
    private static (double Weight, PreferenceLoss Loss)? Term(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var weight = 1.0;
        if (words.Length is 0 or > 2 || (words.Length == 2 && !double.TryParse(words[0], NumberStyles.Float, CultureInfo.InvariantCulture, out weight))) return null;
        return double.IsFinite(weight) && All.FirstOrDefault(l => l.Name == words[^1]) is { } loss ? (weight, loss) : null;
    }
}
