namespace Sera.Model.Alignment.Losses;

/// <summary>Where the third response of a bootstrapped pair comes from, which some losses read: one to each prompt, compared with nothing.</summary>
public enum Exploration
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>What the policy that enters the round says greedily.</summary>
    Policy,

    /// <summary>A sample of the training reference, drawn as the run samples.</summary>
    Reference,
}
