using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>
/// A direct alignment loss: one formula, from which its values, its derivatives and its row in docs/methods.md come. Stateless. A new one is a
/// file of its own and a line in <see cref="PreferenceLosses"/>.
/// </summary>
public abstract class PreferenceLoss
{
    /// <summary>The value of loss.name that chooses it.</summary>
    public abstract string Name { get; }

    /// <summary>In the notation of docs/methods.md.</summary>
    public abstract string Formula { get; }

    /// <summary>Where it is published.</summary>
    public abstract string Source { get; }

    /// <summary>How sure it is that this is what was published.</summary>
    public virtual LossStanding Standing => LossStanding.Published;

    /// <summary>What it is the sum of; itself alone where it is none.</summary>
    public virtual ImmutableArray<PreferenceLoss> Terms => [this];

    /// <summary>The parameters it reads, with the defaults it takes, or <see cref="LossParameter.NoDefault"/>.</summary>
    public virtual ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [];

    /// <summary>The columns it reads.</summary>
    public virtual ImmutableArray<PairColumn> Columns => [];

    /// <summary>Whether loss.target-margin is read.</summary>
    public virtual bool ReadsTargetMargin => false;

    /// <summary>Whether loss.divergence is read.</summary>
    public virtual bool ReadsDivergence => false;

    /// <summary>Whether reference log-probabilities are read at all.</summary>
    public virtual bool NeedsReference => true;

    /// <summary>Whether it cannot do without the win rate of a pair where the run sets none.</summary>
    public bool NeedsWinRate => Parameters.Any(p => p.Parameter == LossParameter.WinRate && double.IsNaN(p.Default));

    /// <summary>Where the response comes from that the loss reads beside chosen and rejected.</summary>
    public virtual Exploration Exploration => Exploration.None;

    /// <summary>Whether the explored response's log-probability under the training reference is read.</summary>
    public virtual bool NeedsExploredReference => false;

    /// <summary>Whether <see cref="StepTotals.ChosenTokens"/> is read.</summary>
    public virtual bool NeedsStepTokens => false;

    /// <summary>Whether a pair's loss depends on the other pairs of its optimizer step (<see cref="Arrange"/>).</summary>
    public virtual bool IsCoupled => false;

    /// <summary><see cref="Reward"/>, in the notation of docs/methods.md.</summary>
    public virtual string RewardFormula => "beta a";

    /// <summary>The implicit reward of a response that selects and bootstraps with this loss, up to a constant of the prompt.</summary>
    /// <param name="policyLogp">Summed, nats.</param>
    /// <param name="length">Tokens, at least 1.</param>
    public virtual double Reward(LossOptions options, double policyLogp, double referenceLogp, int length) =>
        ImplicitReward.LogRatio(options.Beta, policyLogp, referenceLogp);

    /// <summary>Loss of one pair; training takes the mean over the pairs of a step.</summary>
    public abstract T PerPair<T>(in LossInput<T> pair)
        where T : struct, ILossNumber<T>;

    /// <summary>For a coupled loss, which chosen meets which rejected, and with what reference; of others every pair is its own.</summary>
    public virtual ImmutableArray<ArrangedPair> Arrange(IReadOnlyList<PairLogps> step) => [.. step.Select((pair, i) => new ArrangedPair(pair, i, i))];

    /// <summary>Value and derivatives of a pair by itself.</summary>
    public LossValue Evaluate(LossOptions options, in PairLogps pair, PairColumns columns, StepTotals step)
    {
        var loss = PerPair(new LossInput<Dual>(
            new(pair.PolicyChosen, 1, 0), new(pair.PolicyRejected, 0, 1), new(pair.PolicyExplored, 0, 0, 1), pair, columns, step, options));
        return new LossValue(loss.Value, loss.ByChosen, loss.ByRejected, loss.ByExplored);
    }

    /// <summary>-(1-e) log s(z) - e log s(-z): a label that is wrong with probability e.</summary>
    protected static T Smoothed<T>(T z, double e)
        where T : struct, ILossNumber<T> => e == 0 ? -T.LogSigmoid(z) : -((1 - e) * T.LogSigmoid(z)) - e * T.LogSigmoid(-z);

    protected double Parameter<T>(in LossInput<T> pair, LossParameter parameter)
        where T : struct, ILossNumber<T> => pair.Options.Parameter(parameter) ?? Default(parameter);

    protected double Parameter(LossOptions options, LossParameter parameter) => options.Parameter(parameter) ?? Default(parameter);

    private double Default(LossParameter parameter)
    {
        foreach (var (read, value) in Parameters)
        {
            if (read == parameter) return value;
        }
        throw new InvalidOperationException($"{Name} does not read {parameter}");
    }
}

/// <summary>How sure it is that a formula is the published one.</summary>
public enum LossStanding
{
    /// <summary>Checked against a public implementation.</summary>
    Published,

    /// <summary>Written from memory of the paper: ours until checked.</summary>
    FromMemory,
}

/// <param name="Loss">Per pair.</param>
/// <param name="ByChosen">Derivative by the summed policy log-probability of chosen.</param>
/// <param name="ByRejected">Derivative by the summed policy log-probability of rejected.</param>
/// <param name="ByExplored">Derivative by the summed policy log-probability of the explored response.</param>
public readonly record struct LossValue(double Loss, double ByChosen, double ByRejected, double ByExplored = 0);

/// <param name="Chosen">Place in the step of the pair whose chosen response this is.</param>
/// <param name="Rejected">Place in the step of the pair whose rejected response this is.</param>
public readonly record struct ArrangedPair(PairLogps Pair, int Chosen, int Rejected);
