namespace Sera.Host.Compute;

/// <summary>How many libtorch threads a worker gets.</summary>
internal static class ThreadCount
{
    /// <summary>
    /// Half of the cores, at least one: generation and offline scoring compute at the same time. It does not look at how many workers there
    /// are, for the last bits of a result depend on it and must not depend on the workers.
    /// </summary>
    /// <param name="configured">compute.threads; 0 = decide.</param>
    public static int Resolve(int configured, int cores) => configured > 0 ? configured : Math.Max(1, cores / 2);
}
