namespace Sera.Model.Alignment;

/// <summary>A direct alignment loss on numbers: the oracle its tensor twin is tested against. Stateless.</summary>
public interface IPreferenceLoss
{
    /// <summary>The value of loss.name that chooses it.</summary>
    string Name { get; }

    /// <summary>The implicit reward it trains.</summary>
    RewardForm Reward { get; }

    /// <summary>Loss of one pair and its derivatives; training takes the mean over pairs.</summary>
    LossValue Evaluate(LossOptions options, in PairLogps pair);
}

/// <param name="Loss">Per pair, &gt;= 0.</param>
/// <param name="ByChosen">Derivative by the summed policy log-probability of chosen.</param>
/// <param name="ByRejected">Derivative by the summed policy log-probability of rejected.</param>
public readonly record struct LossValue(double Loss, double ByChosen, double ByRejected);
