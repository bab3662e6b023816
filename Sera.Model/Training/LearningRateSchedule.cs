namespace Sera.Model.Training;

/// <summary>
/// Learning rate as a pure function of the step. With T steps and w = ceil(warmup * T) of them warming up:
/// step k &lt; w has peak * (k + 1) / w, step k >= w has peak * (1 + cos(pi * (k - w) / (T - w))) / 2. So no step is spent at zero, the
/// peak is reached at the last warmup step (or at step 0 without warmup), and zero would be reached at step T, which is never taken.
/// </summary>
public sealed record LearningRateSchedule(double Peak, double WarmupFraction, int TotalSteps)
{
    /// <summary>Steps whose rate still rises.</summary>
    public int WarmupSteps => Math.Clamp((int)Math.Ceiling(WarmupFraction * TotalSteps - 1e-9), 0, TotalSteps);

    /// <param name="step">0 .. TotalSteps - 1.</param>
    public double At(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, TotalSteps);
        var warmup = WarmupSteps;
        if (step < warmup) return Peak * (step + 1) / warmup;
        return Peak * 0.5 * (1 + Math.Cos(Math.PI * (step - warmup) / (TotalSteps - warmup)));
    }
}
